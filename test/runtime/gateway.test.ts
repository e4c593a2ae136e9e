/** What functions get, and what clients are answered, through the REST API of `serverless offline`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { problemKinds, problemType, type ProblemKind } from '../../lib/http/problem.js';
import { projectDir } from '../../tools/project.js';
import { serverlessBin } from '../../services/service-config.js';
import { writeJson } from '../../local/files/store-file.js';
import { eventually } from '../../tools/eventually.js';
import { sendBytes, sendRequest, type RawAnswer } from '../support/requests/raw-http.js';
import { echoSource, expectEvent, recorded } from '../support/requests/recorded-requests.js';
import { collectOutput, makeDataDir, storeEnvironment } from '../../local/store-process.js';

/** Answers as it is asked to; every other function answers with its event. */
const listBooks = `const answers = {
  headers: () => ({
    statusCode: 200,
    headers: { 'x-one': 'a', 'x-both': 'a', 'WWW-Authenticate': 'Bearer' },
    multiValueHeaders: { 'Set-Cookie': ['a=1', 'b={"c":0}'], 'X-Both': ['b', 'c'] },
    body: Buffer.from([0xff, 0x00]).toString('base64'),
    isBase64Encoded: true,
  }),
  'not-modified': () => ({ statusCode: 304, body: '' }),
  large: () => ({ statusCode: 200, body: 'é'.repeat(512) }),
  small: () => ({ statusCode: 200, body: 'x'.repeat(1023) }),
  coded: () => ({ statusCode: 200, headers: { 'content-encoding': 'br' }, body: 'x'.repeat(2000) }),
  'no-status': () => ({ body: '' }),
  failure: () => { throw new Error('out of order'); },
  'at-the-end': () => new Promise((resolve) => {
    process.once('SIGTERM', () => setImmediate(resolve, { statusCode: 200, body: 'answered' }));
    console.log('waits for the end');
  }),
};
export const handler = async ({ queryStringParameters: { answer } }) => answers[answer]();`;

let folder: string;
let url: string;
let offline: ChildProcess;
let output: () => string;

beforeAll(async () => {
  folder = await makeDataDir();
  await mkdir(join(folder, 'functions'));
  for (const file of await readdir(join(projectDir, 'functions'))) {
    const name = file.replace('.ts', '');
    const source = name === 'list-books' ? listBooks : echoSource;
    await writeFile(join(folder, 'functions', `${name}.mjs`), source);
  }
  const port = await getPort();
  url = `http://127.0.0.1:${port}`;
  writeJson(join(folder, 'store.json'), { port, front: 'us-east-1', environment: {} });
  offline = spawn(process.execPath, [serverlessBin, 'offline'], {
    cwd: projectDir,
    env: storeEnvironment({ BAZAR_DATA: folder, BAZAR_CODE: folder }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  output = collectOutput(offline);
  await eventually(async () => {
    expect((await fetch(url)).status).toBe(200);
  });
});

afterAll(async () => {
  offline.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

test.each(recorded)('a function gets what it gets on LocalStack: %s', async (_, request, event) => {
  await expectEvent(url, request, event, '');
});

const ask = (answer: string) =>
  sendRequest(url, { method: 'GET', target: `/books?answer=${answer}` });

function expectProblem(answer: RawAnswer, kind: ProblemKind): void {
  const { status, title } = problemKinds[kind];
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject({ type: problemType(kind), title, status });
  // As the gateway responses of a deployed API: to be read by any page.
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-cache',
    'access-control-allow-origin': '*',
  });
}

describe('the gateway answers by itself, with a problem document,', () => {
  test.each(['TRACE', 'BREW', 'get', 'PROPFIND', 'CONNECT'])('a method %s', async (method) => {
    const target = method === 'CONNECT' ? 'example.com:443' : '/info/2';
    expectProblem(await sendRequest(url, { method, target }), 'unknown-route');
  });

  test.each([
    ['a target beyond ASCII', 'GET /search/caf\u00c3\u00a9 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a target that is no path', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a version that is none', 'GET / HTTP/x\r\nHost: a\r\n\r\n'],
    ['a header that is none', 'GET / HTTP/1.1\r\nHost: a\r\nno header\r\n\r\n'],
    ['headers without a host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['endless headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['two lengths', 'POST /buy/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n'],
    [
      'a chunk without its size',
      'POST /buy/2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
  ])('%s', async (_, request) => {
    const bytes = Buffer.from(request.replace('Host: a', 'Host: a\r\nConnection: close'), 'latin1');
    expectProblem(await sendBytes(url, bytes), 'bad-input');
  });

  test.each([
    ['beyond what API Gateway takes', 11],
    ['beyond what Lambda takes', 7],
  ])('a body %s', async (_, megabytes) => {
    const body = Buffer.alloc(megabytes * 1024 * 1024, 'x');
    const headers = [['Content-Length', String(body.length)]] as const;
    const answer = await sendRequest(url, { method: 'POST', target: '/buy/2', headers, body });
    expectProblem(answer, 'body-too-large');
  });

  test.each([
    ['that throws', 'failure'],
    ['that returns no answer', 'no-status'],
  ])('a function %s', async (_, name) => {
    expectProblem(await ask(name), 'internal');
  });
});

describe('a function answers', () => {
  test('with every value of a header, and bytes', async () => {
    const response = await fetch(`${url}/books?answer=headers`);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b={"c":0}']);
    expect(response.headers.get('x-one')).toBe('a');
    expect(response.headers.get('x-amzn-remapped-www-authenticate')).toBe('Bearer');
    expect(response.headers.has('www-authenticate')).toBe(false);
    expect(response.headers.get('x-both')).toBe('b, c');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0xff, 0x00]));
  });

  test.each([
    ['large', 'gzip, deflate, br', 'gzip'],
    ['large', 'br, DEFLATE;q=0.5', 'deflate'],
    ['large', 'gzip;q=0, identity', undefined],
    ['large', '*', undefined],
    ['large', undefined, undefined],
    ['small', 'gzip', undefined],
    ['coded', 'gzip', 'br'],
  ])(
    '%s, compressed as API Gateway does for Accept-Encoding %s: %s',
    async (name, accepted, coding) => {
      const { status, headers, body } = await sendRequest(url, {
        method: 'GET',
        target: `/books?answer=${name}`,
        headers: accepted === undefined ? [] : [['Accept-Encoding', accepted]],
      });
      expect({ status, coding: headers['content-encoding'] }).toEqual({ status: 200, coding });
      if (coding === undefined) expect(body).toMatch(/^(é{512}|x{1023})$/);
    },
  );

  test('whole, where it was compressed on the way', async () => {
    const response = await fetch(`${url}/books?answer=large`);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe('é'.repeat(512));
  });

  test('without a body, where HTTP has none', async () => {
    const { status, headers } = await ask('not-modified');
    expect(status).toBe(304);
    expect(headers).not.toHaveProperty('content-length');
  });

  test('what it was asked before the end', async () => {
    const answer = ask('at-the-end');
    await eventually(() => expect(output()).toContain('waits for the end'));
    const exited = once(offline, 'exit');
    offline.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 200, body: 'answered' });
    expect(await exited).toEqual([0, null]);
  });
});
