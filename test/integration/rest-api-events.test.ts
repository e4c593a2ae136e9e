/** Awkward requests as a REST API hands them to the functions, and the answer that each must get. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { create } from '../support/books/books.js';
import { startApi } from '../support/requests/rest-api.js';
import { openStage } from '../support/stages/open.js';

interface RecordedEvent extends APIGatewayProxyEvent {
  readonly name: string;
}

/** What LocalStack's gateway made of each request: see test/data/README.md. */
const events = readFileSync(new URL('../data/rest-api-events.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as RecordedEvent);

/** A status, and what else the answer must have. */
type Expected = readonly [status: number, expected?: object];

const found = (topic: string): Expected => [200, { topic, books: [{ topic }] }];
const refused = (...faults: string[]): Expected => [400, { faults }];
const allowing = (status: number, allow: string): Expected => [status, { headers: { allow } }];
const book2: Expected = [200, { id: 2 }];
const head: Expected = [200, { text: '' }];
const bought = (quantity: number): Expected => [201, { items: [{ bookId: 2, quantity }] }];
const unknownOrder: Expected = [404, { type: 'urn:bazar:problem:unknown-order' }];
const unknownRoute: Expected = [404, { type: 'urn:bazar:problem:unknown-route' }];
const badKey = refused('header #/idempotency-key');

const expected: Readonly<Record<string, Expected>> = {
  'topic-encoded-space': found('distributed systems'),
  'topic-encoded-slash': found('fiction / thrillers'),
  'topic-encoded-plus': found('c++'),
  'topic-plain-plus': found('c++'),
  'topic-encoded-ampersand': found('r&b'),
  'topic-encoded-percent': found('100% wool'),
  'topic-encoded-twice': found('caf%C3%A9'),
  'topic-utf8': found('café'),
  'topic-utf8-lower-case-hex': found('café'),
  'topic-emoji': found('📚'),
  'topic-bad-utf8': refused('path #/topic'),
  'topic-bad-escape': refused('path #/topic'),
  'topic-cut-escape': refused('path #/topic'),
  'topic-encoded-nul': refused('path #/topic'),
  'topic-encoded-newline': refused('path #/topic'),
  'topic-encoded-dots': found('..'),
  'topic-dots': found('..'),
  'topic-dot': found('.'),
  'path-with-dot-segments': unknownRoute,
  'topic-encoded-question-mark': found('why?'),
  'topic-encoded-hash': found('c#'),
  'topic-colon-at-comma': found('a:b@c,d'),
  'topic-quotes-and-braces': found('"{a}"'),
  'topic-raw-brackets': found('[a]|b'),
  'topic-is-the-stage': found('dev'),
  'topic-trailing-slash': found('poetry'),
  'topic-two-trailing-slashes': found('poetry'),
  'topic-empty': refused('query #/topic'),
  'topic-empty-then-more': unknownRoute,
  'topic-two-segments': unknownRoute,
  'query-percent-space': found('distributed systems'),
  'query-plus-space': found('distributed systems'),
  'query-plain-plus': found('c'),
  'query-encoded-plus': found('c++'),
  'query-utf8': found('café'),
  // What could not be decoded is left as it was: it can't be told from what was meant so.
  'query-bad-escape': found('%zz'),
  'query-cut-escape': found('100%'),
  'query-encoded-nul': refused('query #/topic'),
  'query-encoded-twice': found('caf%C3%A9'),
  'query-repeated-key': refused('query #/topic'),
  'query-empty-value': refused('query #/limit'),
  'query-key-without-equals': refused('query #/topic'),
  'query-empty': refused('query #/topic'),
  'query-empty-pieces': found('x'),
  'query-empty-key': refused('query #/'),
  'query-encoded-key': found('x'),
  'query-two-equals': found('a=b'),
  'query-semicolon': found('a;limit=2'),
  'query-question-mark': found('why?'),
  'query-encoded-ampersand': found('r&b'),
  'query-brackets': refused('query #/topic%5B%5D'),
  'query-mixed': refused('query #/topic', 'query #/limit'),
  'query-key-case': refused('query #/Topic'),
  'query-proto-key': refused('query #/__proto__', 'query #/constructor'),
  'query-on-path-parameter': refused('query #/cursor'),
  'id-plain': book2,
  'id-encoded-digit': book2,
  'id-trailing-slash': book2,
  'id-double-slash-before': book2,
  'id-double-slash-inside': unknownRoute,
  'id-empty-query': book2,
  'id-upper-case-path': unknownRoute,
  'id-encoded-letter-in-static-part': unknownRoute,
  'id-encoded-slash-as-separator': unknownRoute,
  'id-missing': unknownRoute,
  'id-leading-space': refused('path #/id'),
  'order-encoded-tilde': unknownOrder,
  'order-plain-tilde': unknownOrder,
  replicas: [401],
  health: [200],
  root: [200, { headers: { 'content-type': 'text/html; charset=utf-8' } }],
  'unknown-route': unknownRoute,
  'unknown-route-encoded': unknownRoute,
  'head-book': head,
  'head-health': head,
  'head-search': head,
  'options-preflight': allowing(204, 'POST, OPTIONS'),
  'options-plain': allowing(204, 'GET, HEAD, OPTIONS'),
  'options-unknown-route': unknownRoute,
  'delete-book': allowing(405, 'GET, HEAD, OPTIONS'),
  'delete-with-body': allowing(405, 'GET, HEAD, OPTIONS'),
  'put-book': allowing(405, 'PATCH, OPTIONS'),
  'get-on-post-route': allowing(405, 'POST, OPTIONS'),
  'patch-book': [200, { id: 7, title: 'Émile', price: 1299 }],
  'cancel-order': unknownOrder,
  'buy-no-body-no-type': bought(1),
  'buy-length-0': bought(1),
  'buy-length-0-json': bought(1),
  'buy-empty-object': badKey,
  'buy-body-without-type': badKey,
  'buy-type-with-charset': bought(2),
  'buy-spaces': bought(1),
  'buy-bom': bought(2),
  'buy-utf8': refused('body #/note'),
  'buy-nul-byte': refused('body #'),
  'buy-not-json': refused('body #'),
  'buy-null': refused('body #'),
  'buy-empty-string': refused('body #'),
  'buy-crlf': bought(2),
  'buy-text-plain': bought(2),
  'buy-octet-stream': bought(2),
  'buy-identity': bought(2),
  'buy-chunked': bought(2),
  'buy-expect-continue': bought(2),
  'get-with-body': book2,
  'get-with-type-without-body': book2,
  'key-empty': badKey,
  'key-with-spaces-around': badKey,
  'key-with-comma': badKey,
  'header-names-in-odd-case': badKey,
  'header-with-underscore': bought(1),
  'cookie-with-json': book2,
  'if-none-match-list': book2,
  'cache-control': [200, { id: 2, headers: { 'x-cache': 'bypass' } }],
  'trace-id-of-the-client': book2,
  'hop-by-hop-headers': book2,
  'accept-encoding': book2,
  'range-and-referer': book2,
  'bearer-in-odd-case': [200, { orders: expect.anything() }],
};

const topics = new Set(
  Object.values(expected).flatMap(([, answer = {}]) => ('topic' in answer ? [answer.topic] : [])),
);

const stage = await openStage();
const front = stage.front();
const api = await startApi(front);
await create(front, 2, { topic: 'the book of most requests', stock: 100 });
await create(front, 7);
let id = 100;
for (const topic of topics) await create(front, (id += 1), { topic: String(topic) });

test('every recorded event has its answer here, and every answer its event', () => {
  expect(Object.keys(expected)).toEqual(events.map(({ name }) => name));
});

test.each(events)('$name', async ({ name, ...event }) => {
  const [status, answer = {}] = expected[name] as Expected;
  const { body, ...reply } = await api(event);
  const errors = (body['errors'] ?? []) as { in: string; pointer: string }[];
  const faults = errors.map((fault) => `${fault.in} ${fault.pointer}`);
  expect({ ...reply, ...body, faults, status: reply.status }).toMatchObject({ status, ...answer });
});
