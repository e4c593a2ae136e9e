/** How pages and their files are served, through the gateway's resources and under its paths. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openPages } from '../../lib/http/pages.js';
import { restApiEvent, type RestApiRequest } from '../../tools/rest-api-event.js';
import { openStage } from '../support/stages/open.js';
import { startApi } from '../support/requests/rest-api.js';

const stage = await openStage();
const api = await startApi(stage.front());
const get = (resource: string, parts: Partial<RestApiRequest> = {}) =>
  api(restApiEvent({ method: 'GET', resource, ...parts }));

const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const pages: [string, Record<string, string>][] = [
  ['/', {}],
  ['/book/{id}', { id: '2' }],
  ['/basket', {}],
  ['/order/{id}', { id: 'ab 12' }],
  ['/my-orders', {}],
  ['/control', {}],
];

/** Where a page's relative addresses lead, as a browser has it. */
const baseIn = (html: string, address: string): string =>
  new URL(/<base href="([^"]*)">/.exec(html)?.[1] ?? '', address).href;

describe('a page', () => {
  const roots: [string, Partial<RestApiRequest>][] = [
    ['https://a1.execute-api.us-east-1.amazonaws.com/dev', {}],
    ['https://shop.example', { basePath: '' }],
    ['https://example.com/books/shop', { basePath: '/books/shop' }],
  ];

  test.each(roots)('under %s finds its files and the API', async (root, place) => {
    for (const [resource, path] of pages) {
      const { status, text } = await get(resource, { path, ...place });
      const address = root + resource.replace(/\{id\}/, encodeURIComponent(path['id'] ?? ''));
      expect({ status, base: baseIn(text, address) }).toEqual({ status: 200, base: `${root}/` });
    }
  });

  test('is found below a stage whose address has no slash at its end', async () => {
    const event = restApiEvent({ method: 'GET', resource: '/' });
    const { text } = await api({
      ...event,
      requestContext: { ...event.requestContext, path: '/dev' },
    });
    expect(baseIn(text, 'https://a1.example/dev')).toBe('https://a1.example/dev/');
  });

  test('has a policy that lets in nothing from elsewhere and nothing inline', async () => {
    const { headers } = await get('/');
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
  });

  test('is not sent again to whoever has it, and is another under another base', async () => {
    const first = await get('/');
    const again = (resource: string, parts = {}) =>
      get(resource, { ...parts, headers: { 'If-None-Match': first.headers['etag'] ?? '' } });
    expect(await again('/')).toMatchObject({ status: 304, text: '' });
    expect((await again('/book/{id}', { path: { id: '2' } })).status).toBe(200);
  });

  test('of the control room is a document of its own', async () => {
    expect((await get('/control')).text).toContain('<title>control</title>');
    expect((await get('/basket')).text).toContain('<title>shop</title>');
  });
});

describe('an unknown address', () => {
  const unknown = { path: { proxy: 'no/such/page' }, basePath: '/shop' };
  const ask = (headers: Record<string, string>, method = 'GET') =>
    api({
      ...restApiEvent({ method, resource: '/{proxy+}', headers }),
      pathParameters: { proxy: 'no/such/page' },
      path: '/shop/no/such/page',
      requestContext: { requestId: 'r', path: '/shop/no/such/page' } as never,
    });

  test('is a page for a browser, which finds its files', async () => {
    const { status, headers, text } = await ask(browser);
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 404,
      type: 'text/html; charset=utf-8',
    });
    expect(baseIn(text, `https://a.example/shop/${unknown.path.proxy}`)).toBe(
      'https://a.example/shop/',
    );
  });

  test('is a problem document for every other client, and every other method', async () => {
    for (const answer of [
      await ask({ Accept: '*/*' }),
      await ask({}),
      await ask(browser, 'POST'),
    ]) {
      expect(answer).toMatchObject({
        status: 404,
        body: { type: 'urn:bazar:problem:unknown-route' },
      });
    }
  });
});

describe('a file', () => {
  test('is kept for good under its name', async () => {
    expect(await get('/assets/{file}', { path: { file: 'shop-1.js' } })).toMatchObject({
      status: 200,
      text: 'console.log("shop");',
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'Accept-Encoding',
      },
    });
  });

  test('that is none is a 404 which nobody keeps', async () => {
    const { status, headers } = await get('/assets/{file}', { path: { file: 'shop-2.js' } });
    expect({ status, cache: headers['cache-control'] }).toEqual({ status: 404, cache: 'no-cache' });
  });
});

describe('what is built', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bazar-pages-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<head></head>');
  writeFileSync(join(folder, 'assets/a-1.css'), 'p {}');
  writeFileSync(join(folder, 'secret.txt'), 'no');
  afterAll(() => rmSync(folder, { recursive: true }));

  test('gives the files of its build, and no other', () => {
    const opened = openPages(folder);
    expect(opened.asset('a-1.css')).toBe('p {}');
    expect(opened.document('shop')).toBe('<head></head>');
    for (const name of ['../secret.txt', '..', '', '%2e%2e/secret.txt', '__proto__']) {
      expect(opened.asset(name)).toBeUndefined();
    }
  });
});
