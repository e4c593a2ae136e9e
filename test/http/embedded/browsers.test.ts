/** Browsers, for which the store names the shops whose pages may read its answers. */
import { describe, expect, test } from '@jest/globals';
import { startStore } from '../../../local/store-process.js';
import { storeForTests } from '../support/store-under-test.js';

const { client } = storeForTests(() =>
  startStore({ env: { BAZAR_CORS_ORIGINS: 'https://shop.example,https://other.example' } }),
);

describe('a browser', () => {
  const origin = 'https://shop.example';

  test.each(['/info/1', '/buy/1', '/books', '/orders/1/cancel', '/search/tests'])(
    'of a shop may ask before it calls %s',
    async (path) => {
      const answer = await client.send(path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'idempotency-key',
        },
      });
      expect(answer.body).toBe('');
      expect([200, 204]).toContain(answer.status);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-allow-methods')).toMatch(/GET.*POST.*PATCH/);
      expect(answer.headers.get('access-control-allow-headers')).toMatch(/Idempotency-Key/i);
      expect(answer.headers.get('access-control-max-age')).toBe('600');
      expect(answer.headers.get('vary')).toMatch(/origin/i);
    },
  );

  test('of a shop may read answers, problems and their headers', async () => {
    for (const path of ['/info/1', '/info/0', '/nothing', '/orders']) {
      const { headers } = await client.send(path, { headers: { origin } });
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-expose-headers')).toMatch(
        /ETag.*Idempotency-Key.*X-Cache/,
      );
    }
  });

  test('of another site may not', async () => {
    const { headers } = await client.send('/info/1', {
      headers: { origin: 'https://evil.example' },
    });
    expect(headers.get('access-control-allow-origin')).not.toBe('https://evil.example');
    expect(headers.get('access-control-allow-origin')).not.toBe('*');
  });
});
