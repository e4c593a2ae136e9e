/** Searching by words, on real tables: what is found, in which order, page by page, at which cost. */
import { describe, expect, test } from '@jest/globals';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { searchHandler } from '../../../functions/search.js';
import { UnavailableError } from '../../../lib/errors.js';
import type { Region } from '../../../lib/rules/sites.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { searchByWords } from '../../../lib/store/search-words.js';
import { outage, recordCalls } from '../../support/faults/barrier.js';
import { create } from '../../support/books/books.js';
import { apiOf, request } from '../../support/requests/requests.js';
import { openStage } from '../../support/stages/open.js';
import { listen } from '../../support/tables/telemetry.js';
import { indexed } from '../../support/books/word-index.js';

const home: Region = 'us-east-1';
const other: Region = 'eu-west-1';

const stage = await openStage();
const { post } = stage;

interface Given {
  readonly title: string;
  readonly authors?: string[];
  readonly topic?: string;
}

/** Creates books, in the order of their ids, and has both regions index them. */
async function shelve(...books: readonly Given[]): Promise<number[]> {
  const ids: number[] = [];
  for (const book of books) {
    const id = stage.nextId(home);
    await create(stage.front(), id, book);
    ids.push(id);
  }
  await post.settle();
  for (const region of [home, other]) await indexed(post.replica(region), ...ids);
  return ids;
}

interface Asked {
  readonly topic?: string;
  readonly limit?: number;
}

async function pagesOf(front: FrontEnd, words: string, { topic, limit = 100 }: Asked = {}) {
  const pages: number[][] = [];
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: Awaited<ReturnType<typeof searchByWords>> = await searchByWords(
      front,
      { words, topic },
      { limit, after },
    );
    pages.push(page.books.map(({ id }) => id));
    after = page.next;
  }
  return pages;
}

const found = async (words: string, asked?: Asked, front = stage.front()): Promise<number[]> =>
  (await pagesOf(front, words, asked)).flat();

describe('a search by words', () => {
  test('finds whole words before beginnings, and titles before authors', async () => {
    const [beyondAuthor, beyondTitle, author, title] = await shelve(
      { title: 'One', authors: ['Zorbadora Smith'] },
      { title: 'Zorbal Two', authors: ['Zorbana'] },
      { title: 'Three', authors: ['Ida Zorba'] },
      { title: 'Zorba the Greek', authors: ['Zorba'] },
    );
    expect(await found('zorba')).toEqual([title, author, beyondTitle, beyondAuthor]);
    expect(await found('ZÓRBA', { limit: 1 })).toEqual([title, author, beyondTitle, beyondAuthor]);
    expect(await found('zorba smith')).toEqual([]);
    expect(await found('zorbadora smi')).toEqual([beyondAuthor]);
    expect(await found('zorbad smith')).toEqual([]);
  });

  test('takes any order of words, of which all must be there', async () => {
    const [id] = await shelve({
      title: 'Cien años de soledad',
      authors: ['Gabriel García Márquez'],
    });
    expect(await found('marquez garcia ANOS')).toEqual([id]);
    expect(await found('marquez garcia anos nada')).toEqual([]);
    expect(await found('?')).toEqual([]);
  });

  test('is narrowed down to a topic, whatever its case and blanks', async () => {
    const [id] = await shelve(
      { title: 'Quixotic Tales', topic: 'Short  Stories' },
      { title: 'Quixotic Poems', topic: 'Poems' },
    );
    expect(await found('quixotic', { topic: 'short stories' })).toEqual([id]);
    expect(await found('quixotic', { topic: 'short' })).toEqual([]);
  });

  test('goes through many books page by page, each once, with the rarest word first', async () => {
    const ids = await shelve(
      ...Array.from({ length: 130 }, (_, number) => ({
        title: `Plentiful ${number % 40 === 7 ? 'rarity ' : ''}plenty ${number}`,
      })),
    );
    const rare = ids.filter((_, number) => number % 40 === 7);
    const pages = await pagesOf(stage.front(), 'plentiful', { limit: 20 });
    expect(pages.map(({ length }) => length)).toEqual([20, 20, 20, 20, 20, 20, 10]);
    expect(pages.flat()).toEqual(ids);
    expect(await found('plen', { limit: 30 })).toEqual(ids);
    expect(await found('plentiful rarity', { limit: 1 })).toEqual(rare);
    expect(await found('rarity plenti', { limit: 3 })).toEqual(rare);

    const calls = recordCalls();
    const front = stage.front({ faults: [calls.interceptor], region: home });
    await searchByWords(front, { words: 'rarity plentiful' }, { limit: 20, after: '' });
    expect(calls.counted()).toMatchObject({ [`${home} Query`]: 6 });
    expect(
      await calls.during(() => searchByWords(front, { words: 'plenty' }, { limit: 20, after: '' })),
    ).toMatchObject({ [`${home} Query`]: 4 });
  });

  test('goes past postings that cannot be read, and reports them', async () => {
    const [id] = await shelve({ title: 'Xylophone' });
    const { words, link } = post.replica(home);
    const damaged = Array.from({ length: 12 }, (_, number) => ({
      bucket: 'xy',
      place: `1 xylophone ${String(number).padStart(15, '0')}`,
    }));
    for (const Item of damaged) {
      await link.write(new PutCommand({ TableName: words.name, Item }));
    }
    const { telemetry, warned: left } = listen();
    const front = stage.front({ region: home, telemetry });

    const books: number[] = [];
    let after: string | undefined = '';
    for (let page = 0; page < 4 && after !== undefined; page += 1) {
      const answer = await searchByWords(front, { words: 'xylophone' }, { limit: 1, after });
      books.push(...answer.books.map((book) => book.id));
      after = answer.next;
    }

    expect(books).toEqual([id]);
    expect(after).toBeUndefined();
    expect(left).toHaveLength(damaged.length);
    expect(left).toContainEqual(expect.objectContaining({ id: `xy ${damaged[0]?.place}` }));
  });

  test('shows no book by what it has no longer, though the index still says so', async () => {
    const [id] = await shelve({ title: 'Ephemeral' });
    await updateBook(stage.front(), id as number, { title: 'Perennial' });
    expect(await found('ephemeral')).toEqual([]);
    await indexed(post.replica(home), id as number);
    expect(await found('perennial')).toEqual([id]);
  });

  test('asks the nearest region, and another where that does not answer', async () => {
    const [id] = await shelve({ title: 'Nearby' });
    const calls = recordCalls();
    const gone = outage();
    const front = await stage.freshFront({
      faults: [gone.interceptor, calls.interceptor],
      region: other,
      routing: { reads: 'round-robin' },
    });
    await found('nearby', {}, front);
    const asked = () => Object.keys(calls.counted()).filter((name) => name.endsWith('Query'));
    expect(asked()).toEqual([`${other} Query`]);
    gone.cutOff(other);
    expect(await found('nearby', {}, front)).toEqual([id]);
    gone.cutOff(home);
    await expect(found('nearby', {}, front)).rejects.toThrow(UnavailableError);
  });
});

describe('GET /search?q=', () => {
  const search = (query: Record<string, string>, path?: Record<string, string>) =>
    request(searchHandler(apiOf(stage.front())), { query, ...(path && { path }) });

  test('answers what was asked for, the books, and where the next page is', async () => {
    const ids = await shelve({ title: 'Atlas Uno' }, { title: 'Atlas Due' });
    const first = await search({ q: ' atlas ', limit: '1' });
    expect(first.body).toMatchObject({ q: 'atlas', books: [{ id: ids[0] }] });
    expect(first.body).not.toHaveProperty('topic');
    expect(first.headers).toMatchObject({
      'x-cache': 'bypass',
      'x-replica': expect.stringContaining(home),
    });
    const cursor = String(first.body['next']);
    const second = await search({ q: 'atlas', limit: '1', cursor });
    expect(second.body).toMatchObject({ books: [{ id: ids[1] }] });
    expect(second.body).not.toHaveProperty('next');
  });

  test('takes a topic from the query, and from the path', async () => {
    const [id] = await shelve({ title: 'Omnibus', topic: 'Buses' });
    for (const reply of [
      await search({ q: 'omnibus', topic: 'buses' }),
      await search({ q: 'omnibus' }, { topic: 'buses' }),
    ]) {
      expect(reply.body).toMatchObject({ q: 'omnibus', topic: 'buses', books: [{ id }] });
    }
  });

  test('takes no cursor of another search, nor one that was made up', async () => {
    await shelve({ title: 'Cursory One' }, { title: 'Cursory Two' });
    const { body } = await search({ q: 'cursory', limit: '1' });
    const cursor = String(body['next']);
    for (const query of [{ q: 'cursory one' }, { q: 'cursory', topic: 'a' }, { topic: 'a' }]) {
      expect((await search({ ...query, cursor })).status).toBe(400);
    }
    const [list] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string, string];
    for (const [position, status] of [
      ['0.0 1 zzz 000000000000001', 200],
      ['0.3 0 000000000000001', 200],
      ['9.9 1 a 000000000000001', 200],
      ['0.0 3 a 000000000000001', 400],
      ['0.0 \u{10ffff}', 400],
      ['nonsense', 400],
    ] as const) {
      const madeUp = Buffer.from(JSON.stringify([list, position])).toString('base64url');
      expect((await search({ q: 'cursory', cursor: madeUp })).status).toBe(status);
    }
  });

  test.each([
    ['neither words nor a topic', {}],
    ['words that show nothing', { q: ' ' }],
    ['words that are too long', { q: 'x'.repeat(501) }],
  ])('refuses %s', async (_what, query) => {
    expect((await search(query)).status).toBe(400);
  });
});
