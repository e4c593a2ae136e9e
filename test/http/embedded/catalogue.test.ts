/** The catalogue of a new store: the books that it begins with, whole lists, and the commands. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bookPageSchema, searchPageSchema, topicsSchema } from '../../../lib/http/schemas.js';
import { projectDir } from '../../../tools/project.js';
import { eventually } from '../../../tools/eventually.js';
import { startStore } from '../../../local/store-process.js';
import { runBundled } from '../../cli/support/command-line.js';
import { allPages, as, asBook } from '../support/client.js';
import { storeForTests } from '../support/store-under-test.js';

const extract = join(projectDir, 'test/data/books-extract.csv');

const { store, client } = storeForTests(startStore);

const search = async (query: string) =>
  as(searchPageSchema, await client.send(`/search?topic=${query}`));
const info = async (id: number) => asBook(await client.send(`/info/${id}`));
const idsOf = (books: readonly { id: number }[]): number[] => books.map(({ id }) => id);

describe('the first books', () => {
  test('are found by topic, in both forms of a search', async () => {
    const page = as(searchPageSchema, await client.send('/search/distributed%20systems'));

    expect(page).toEqual(await search('distributed%20systems'));
    expect(page.topic).toBe('distributed systems');
    expect(idsOf(page.books)).toEqual([1, 2, 5]);
    expect(idsOf((await search('graduate%20school')).books)).toEqual([3, 4, 6, 7]);
  });

  test.each([
    'DISTRIBUTED%20Systems',
    '%20%20distributed%20%20%20systems%20',
    'distributed+systems',
  ])('are found whatever the case and the spaces of the topic: %s', async (topic) => {
    expect(idsOf((await search(topic)).books)).toEqual([1, 2, 5]);
  });

  test('are not found by a topic that no book has', async () => {
    expect(await search('alchemy')).toEqual({ topic: 'alchemy', books: [] });
  });

  test('are looked up', async () => {
    expect(await info(2)).toEqual({
      id: 2,
      title: 'RPCs for Noobs',
      authors: ['Nelson Bird', 'Andrew Call'],
      topic: 'distributed systems',
      price: expect.any(Number),
      isListed: true,
      currency: 'USD',
      stock: 25,
    });
  });

  test('have their topics listed, sorted', async () => {
    const { topics } = as(topicsSchema, await client.send('/topics'));
    expect(topics).toEqual(['distributed systems', 'graduate school']);
  });
});

describe('a list of sixty books', () => {
  const topic = 'Paged';
  const ids: number[] = [];
  beforeAll(async () => {
    ids.push(...Array.from({ length: 60 }, (_, index) => 1001 + index));
    await Promise.all(ids.map((id) => client.createBook({ id, topic, stock: 2 })));
  });

  test('shows every book of a topic once, by twenty where no limit is given', async () => {
    const pages = await allPages((cursor) => search(`paged${cursor}`));
    expect(pages.flatMap(({ books }) => idsOf(books))).toEqual(ids);
    expect(pages.map(({ books }) => books.length)).toEqual([20, 20, 20]);
  });

  test.each(['', '?limit=1', '?limit=13', '?limit=100'])(
    'shows every book of the catalogue once: /books%s',
    async (query) => {
      const pages = await allPages(async (cursor) => {
        const separator = query === '' ? cursor.replace('&', '?') : query + cursor;
        return as(bookPageSchema, await client.send(`/books${separator}`));
      });
      const listed = pages.flatMap(({ books }) => idsOf(books));
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6, 7, ...ids]));
      expect(listed).toHaveLength(7 + ids.length);
    },
  );
});

describe('the commands', () => {
  const run = async (name: 'import' | 'traffic', args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await runBundled(`cli/${name}.ts`, args);
    return { exitCode, output: stdout + stderr };
  };
  const runImport = (args: readonly string[]) => run('import', [extract, ...args]);
  const access = () => ['--url', store.url, '--token', store.adminToken];

  test('import a catalogue, and change nothing the second time', async () => {
    const first = await runImport(access());
    expect(first).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/created 4\d, changed 7/),
    });
    const hunger = await info(1);
    expect(hunger).toMatchObject({ title: 'The Hunger Games (The Hunger Games, #1)', price: 2418 });
    const before = as(bookPageSchema, await client.send('/books?limit=100'));

    const second = await runImport(access());

    expect(second).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/created 0, changed 0, same \d+, blank 0, refused 0/),
    });
    expect(as(bookPageSchema, await client.send('/books?limit=100'))).toEqual(before);
    await eventually(async () => {
      for (const { id, price, stock, title } of before.books) {
        for (const replica of await client.replicas(id)) {
          expect(replica).toMatchObject({ price, stock, title });
        }
      }
    });
  });

  test('import nothing with a wrong token, or where no store answers, and exit with 1', async () => {
    const denied = await runImport(['--url', store.url, '--token', 'wrong']);
    expect(denied).toMatchObject({ exitCode: 1, output: expect.stringMatching(/token/) });
    const nowhere = await runImport(['--url', 'http://127.0.0.1:9', '--token', store.adminToken]);
    expect(nowhere).toMatchObject({
      exitCode: 1,
      output: expect.stringMatching(/does not answer/),
    });
  });

  test('find the stock right after traffic', async () => {
    const args = ['--clients', '4', '--seconds', '5', '--wait', '90', ...access()];
    expect(await run('traffic', args)).toMatchObject({ exitCode: 0 });
  });
});
