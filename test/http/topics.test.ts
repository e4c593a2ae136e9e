/** Topics that URLs and gateways have ideas about of their own are found by path and by query. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { searchPageSchema } from '../../lib/http/schemas.js';
import { sendRequest } from '../support/requests/raw-http.js';
import { allPages } from './support/client.js';
import { freshIds, storeForTests, storeUnderTest } from './support/store-under-test.js';

const nextId = freshIds();
const topics = [
  'distributed systems',
  'Fiction / Thrillers',
  'C++',
  'R&B',
  '100% wool',
  // What a gateway or a function would find that decodes once too often.
  '100%25 wool',
  '..',
  'café',
].map((topic) => [topic, nextId()] as const);

const { store, client } = storeForTests(storeUnderTest);

beforeAll(async () => {
  for (const [topic, id] of topics) await client.createBook({ id, topic });
});

/** Those of this test's books that are found; not by `fetch`, which takes `/search/%2E%2E` for `/`. */
async function find(search: string): Promise<number[]> {
  const pages = await allPages(async (cursor) => {
    const target = `${search}${search.includes('?') ? '&' : '?'}limit=100${cursor}`;
    const { status, body } = await sendRequest(store.url, { method: 'GET', target });
    expect(status).toBe(200);
    return searchPageSchema.parse(JSON.parse(body));
  });
  const found = pages.flatMap(({ books }) => books.map(({ id }) => id));
  return found.filter((id) => topics.some(([, own]) => own === id));
}

describe.each(topics)('the topic %s', (topic, id) => {
  const encoded = encodeURIComponent(topic).replaceAll('.', '%2E');

  test('is found by its path', async () => {
    expect(await find(`/search/${encoded}`)).toEqual([id]);
  });

  test('is found by a query, with blanks written in either way', async () => {
    expect(await find(`/search?topic=${encoded}`)).toEqual([id]);
    expect(await find(`/search?${new URLSearchParams({ topic }).toString()}`)).toEqual([id]);
  });
});

// Of such a query each gateway makes something else before a function is called.
test('a path that is no percent-encoded UTF-8 is refused', async () => {
  for (const target of ['/search/100%', '/search/%zz', '/search/caf%E9']) {
    const { status, body } = await sendRequest(store.url, { method: 'GET', target });
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      type: 'urn:bazar:problem:bad-input',
      errors: [{ pointer: '#/topic' }],
    });
  }
});

test.each(['g_state={"i_l":0}', 'a=b; c', '\u00ff', 'session="'])(
  'a cookie of another page on the same host changes nothing: %s',
  async (cookie) => {
    const headers = [['Cookie', cookie]] as const;
    const { status } = await sendRequest(store.url, { method: 'GET', target: '/books', headers });
    expect(status).toBe(200);
  },
);
