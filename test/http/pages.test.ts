/** The built pages over HTTP, and whatever files these load. */
import { describe, expect, test } from '@jest/globals';
import { asProblem } from './support/client.js';
import { storeForTests, storeUnderTest } from './support/store-under-test.js';

const { client } = storeForTests(storeUnderTest);

const pages = [
  '/',
  '/?q=love&topic=poetry',
  '/book/2',
  '/basket',
  '/order/f00d',
  '/my-orders',
  '/control',
];

/** The addresses that a document loads, as a browser resolves them. */
function filesOf(html: string, address: string): string[] {
  const base = new URL(/<base href="([^"]*)">/.exec(html)?.[1] ?? '', address);
  return [...html.matchAll(/(?:src|href)="(\.\/assets\/[^"]+)"/g)].map(
    ([, file = '']) => new URL(file, base).href,
  );
}

describe.each(pages)('the page %s', (path) => {
  test('and all files that it loads are there, whole, and of the right type', async () => {
    const { url, status, headers, body } = await client.send(path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const files = filesOf(String(body), url);
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      const response = await fetch(file);
      const text = await response.text();
      expect({ file, status: response.status }).toEqual({ file, status: 200 });
      expect(response.headers.get('cache-control')).toContain('immutable');
      expect(text).not.toContain('\ufffd');
      const isScript = file.endsWith('.js');
      const type = isScript ? 'text/javascript' : file.endsWith('.css') ? 'text/css' : 'image/svg';
      expect(response.headers.get('content-type')).toContain(type);
      const again = await fetch(file, {
        headers: { 'if-none-match': response.headers.get('etag') ?? '' },
      });
      expect(again.status).toBe(304);
    }
  });

  test('has the same headers for HEAD', async () => {
    const get = await client.send(path);
    const head = await client.send(path, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    for (const name of ['content-type', 'etag', 'content-security-policy']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
  });
});

test('an unknown address is a page for a browser, and a problem for a program', async () => {
  const page = await client.send('/no/such/page', { headers: { accept: 'text/html' } });
  expect(page.status).toBe(404);
  expect(page.headers.get('content-type')).toContain('text/html');
  for (const file of filesOf(String(page.body), page.url)) {
    expect((await fetch(file)).status).toBe(200);
  }
  asProblem(await client.send('/no/such/page'), 404, 'unknown-route');
  asProblem(await client.send('/assets/no-such-file.js'), 404, 'unknown-route');
});
