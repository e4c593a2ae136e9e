/** What docs/operations.md says that things cost is what is counted here. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import type { Region } from '../../lib/rules/sites.js';
import { create, sampleBook } from '../support/books/books.js';
import { indexed } from '../support/books/word-index.js';
import { CountedStore, type Invocation } from '../support/stages/counted-store.js';
import { openStage } from '../support/stages/open.js';

const home: Region = 'us-east-1';

const stage = await openStage();
const document = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** The rows of the document's table whose first column has this title. */
function tableOf(title: string): string[][] {
  const [, rows = ''] = document.split(new RegExp(`^\\| ${title} \\|.*\\n\\|[-|]+\\|\\n`, 'm'));
  return rows
    .split('\n\n', 1)[0]!
    .trimEnd()
    .split('\n')
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

/** In dollars for a million. */
function prices(): Record<'api' | 'lambda' | 'read' | 'write' | 'sns' | 'sqs', number> {
  const named = (name: RegExp) => {
    const [, price] = new RegExp(`${name.source}\\s+\\$(\\d+\\.\\d+)`).exec(document) ?? [];
    return Number(price);
  };
  return {
    api: named(/REST API/),
    lambda: named(/Lambda call/),
    read: named(/on-demand read/),
    write: named(/and write/),
    sns: named(/SNS publish/),
    sqs: named(/SQS request/),
  };
}

const sumOf = (invocations: readonly Invocation[], count: (one: Invocation) => number): number =>
  invocations.reduce((sum, invocation) => sum + count(invocation), 0);

/** What the document's table says of one request and of all that followed it. */
function rowOf(operation: string, invocations: readonly Invocation[]): string[] {
  const { api, lambda, read, write, sns, sqs } = prices();
  const reads = sumOf(invocations, (one) => one.reads);
  const writes = sumOf(invocations, (one) => one.writes);
  const publishes = sumOf(invocations, (one) => one.publishes);
  const sqsRequests = sumOf(invocations, (one) => one.sqsRequests);
  const dollars =
    api +
    lambda * invocations.length +
    read * reads +
    write * writes +
    sns * publishes +
    sqs * sqsRequests;
  const counts = [1, invocations.length, reads, writes, publishes, sqsRequests];
  return [operation, ...counts.map(numberOf), `$${dollars.toFixed(2)}`];
}

const numberOf = (count: number): string => (count === 0 ? '' : String(count));

/** A row of the document's table of what follows a purchase. */
const stepOf = ({ name, calls, reads, writes, publishes, sqsRequests }: Invocation): string[] => [
  `\`${name}\``,
  calls.join(', '),
  ...[reads, writes, publishes, sqsRequests].map(numberOf),
];

describe('the document says what is counted', () => {
  /** What was counted of each operation, as a row. */
  const count = async (
    operation: string,
    work: (store: CountedStore, bookId: number) => Promise<unknown>,
    prepare: typeof work = () => Promise.resolve(),
  ) => {
    const id = await stage.bookEverywhere(home, { stock: 20 });
    const store = await CountedStore.open(stage);
    await prepare(store, id);
    store.invocations.length = 0;
    await work(store, id);
    expect(tableOf('operation')).toContainEqual(rowOf(operation, store.invocations));
    return store.invocations;
  };
  const look = (store: CountedStore, id: number) => store.info(id);

  test('of an info', async () => {
    await count('info, cached', look, look);
    await count('info, not cached', look);
  });

  test('of a search', async () => {
    const topic = 'a topic of twenty';
    const ids = Array.from({ length: 20 }, () => stage.nextId(home));
    await Promise.all(ids.map((id) => create(stage.front(), id, { topic })));
    const search = (store: CountedStore) => store.search(topic);
    await count('search, 20 books, cached', search, search);
  });

  test('of a search by a word', async () => {
    const ids = Array.from({ length: 20 }, () => stage.nextId(home));
    await Promise.all(ids.map((id) => create(stage.front(), id, { title: 'Twentyfold' })));
    await indexed(stage.post.replica(home), ...ids);
    const search = (store: CountedStore) => store.searchWords('twentyfold');
    await count('search by a word, 20 books, cached', search, search);
  });

  test('of a creation', async () => {
    await count('create, replicated, announced and indexed', async (store) => {
      await store.create(sampleBook(stage.nextId(home), { title: 'Six words are in this title' }));
      await store.settle();
    });
  });

  test('of a purchase, and of each call that follows it', async () => {
    const invocations = await count(
      'buy, replicated and announced',
      async (store, id) => {
        await store.buy(id);
        await store.settle();
      },
      look,
    );
    expect(tableOf('function')).toEqual(invocations.map(stepOf));
  });

  test('of an order of three books', async () => {
    const ids = [await stage.bookEverywhere(home), await stage.bookEverywhere(home)];
    await count(
      'order of three books, replicated and announced',
      async (store, id) => {
        await store.order([id, ...ids]);
        await store.settle();
      },
      async (store, id) => {
        for (const each of [id, ...ids]) await store.info(each);
      },
    );
  });
});
