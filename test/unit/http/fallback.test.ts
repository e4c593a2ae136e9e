import { describe, expect, test } from '@jest/globals';
import { fallbackHandler } from '../../../functions/fallback.js';
import { samplePages } from '../../support/requests/sample-pages.js';
import { call, fakeApi } from '../support/api.js';

const handler = fallbackHandler(fakeApi(), samplePages);

describe('what no other function answers', () => {
  test.each([
    ['/buy/{id}', 'POST, OPTIONS'],
    ['/info/{id}', 'GET, HEAD, OPTIONS'],
    ['/books', 'GET, HEAD, POST, OPTIONS'],
    ['/', 'GET, HEAD, OPTIONS'],
    ['/book/{id}', 'GET, HEAD, OPTIONS'],
    ['/assets/{file}', 'GET, HEAD, OPTIONS'],
  ])('is a preflight or a wrong method of %s, under a base path too', async (resource, allow) => {
    const request = { resource, path: { id: '2' } };
    for (const place of [{}, { basePath: '' }, { basePath: '/shop' }]) {
      const preflight = await call(handler, { ...request, ...place, method: 'OPTIONS' });
      expect(preflight).toMatchObject({ status: 204, headers: { allow } });
      const wrong = await call(handler, { ...request, ...place, method: 'DELETE' });
      expect(wrong).toMatchObject({ status: 405, headers: { allow } });
    }
  });

  test('is an unknown route', async () => {
    const resource = '/{proxy+}';
    for (const method of ['GET', 'OPTIONS', 'POST']) {
      // With a base path that makes it look like a route.
      const answer = await call(handler, { method, resource, basePath: '/books' });
      expect(answer.status).toBe(404);
    }
  });
});
