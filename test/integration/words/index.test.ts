/** G11: the index of words is as the books are, whatever becomes of the news of them. */
import { describe, expect, test } from '@jest/globals';
import { sweepWords } from '../../../lib/replication/index-words.js';
import type { Region } from '../../../lib/rules/sites.js';
import { updateBook } from '../../../lib/store/manage-books.js';
import { replicaIn } from '../../../lib/store/front-end.js';
import { realSystem } from '../../../lib/system.js';
import type { Replica } from '../../../lib/tables/replica.js';
import { barrier, outage, recordCalls, type Interceptor } from '../../support/faults/barrier.js';
import { create } from '../../support/books/books.js';
import { order } from '../../support/books/buyers.js';
import { openStage } from '../../support/stages/open.js';
import { deliver, publishedOf } from '../../support/tables/post.js';
import { listen } from '../../support/tables/telemetry.js';
import { indexed, indexOf } from '../../support/books/word-index.js';

const home: Region = 'us-east-1';
const other: Region = 'eu-west-1';

const stage = await openStage();

const replicaThat = (region: Region, ...faults: readonly Interceptor[]): Replica =>
  replicaIn(stage.front({ faults }), region) as Replica;

async function expectSound(id: number, ...regions: readonly Region[]): Promise<void> {
  for (const region of regions) {
    const { found, wanted } = await indexOf(stage.post.replica(region), id);
    expect(found).toEqual(wanted);
  }
}

/** Everything of the stage's books is indexed in both regions. */
async function bookIndexed(given?: Parameters<typeof create>[2]): Promise<number> {
  const id = await stage.bookEverywhere(home, given);
  for (const region of [home, other]) await indexed(stage.post.replica(region), id);
  return id;
}

const thousandWords = (from: number): string =>
  Array.from({ length: 100 }, (_, number) => `w${from + number}`).join(' ');

describe('the index of words', () => {
  test('has a book by its words and its topic, and by none that it has no longer', async () => {
    const id = await bookIndexed({ title: 'War and Peace', authors: ['Leo Tolstoy'] });
    await expectSound(id, home, other);
    await updateBook(stage.front(), id, { title: 'Peace, and no war', topic: 'Classics' });
    await stage.post.settle();
    for (const region of [home, other]) {
      expect(await indexed(stage.post.replica(region), id)).toBe(1);
      expect(await indexed(stage.post.replica(region), id)).toBe(0);
    }
    await expectSound(id, home, other);
  });

  test('is told of what may change words, in each region, and of no sale', async () => {
    const id = await stage.bookEverywhere(home);
    const said = async (region: Region) =>
      (await stage.post.changes(region)).map(({ after }) => after?.['words']).filter(Boolean);
    const told = async () => {
      const ofHome = await stage.post.changes(home);
      const letters = await publishedOf(stage.post.replica(home), ofHome);
      await deliver(letters, stage.post.replica(other));
      return [ofHome.map(({ after }) => after?.['words']).filter(Boolean), await said(other)];
    };
    await updateBook(stage.front(), id, { title: 'Another' });
    expect(await told()).toEqual([['changed'], ['changed']]);
    await updateBook(stage.front(), id, { price: 5 });
    expect(await told()).toEqual([['same'], ['same']]);
    await order(stage.front(), id);
    expect(await told()).toEqual([['same'], ['same']]);
  });

  test('keeps the newer words where a slow writer has read older ones', async () => {
    const id = await bookIndexed({ title: 'First' });
    await updateBook(stage.front(), id, { title: 'Second' });
    const write = barrier('before', ({ command }) => command === 'TransactWrite');
    const slow = indexed(replicaThat(home, write.interceptor), id);
    await write.reached;
    await updateBook(stage.front(), id, { title: 'Third' });
    await indexed(stage.post.replica(home), id);
    write.open();
    expect(await slow).toBe(1);
    await expectSound(id, home);
  });

  test('keeps the newer words where a slow reader has read an older book', async () => {
    const id = await bookIndexed({ title: 'First' });
    await updateBook(stage.front(), id, { title: 'Second' });
    const { catalog } = stage.post.replica(home);
    const read = barrier(
      'after',
      ({ command, input }) =>
        command === 'BatchGet' && catalog.name in (input['RequestItems'] as object),
    );
    const slow = indexed(replicaThat(home, read.interceptor), id);
    await read.reached;
    await updateBook(stage.front(), id, { title: 'Third' });
    await indexed(stage.post.replica(home), id);
    read.open();
    await slow;
    await expectSound(id, home);
  });

  test('takes very many words in steps, and is mended where they stopped half-way', async () => {
    const id = await bookIndexed({
      title: thousandWords(0),
      authors: [thousandWords(100).slice(0, 190)],
    });
    await expectSound(id, home);
    await updateBook(stage.front(), id, { title: thousandWords(200) });
    let writes = 0;
    const stop: Interceptor = (call, proceed) => {
      if (call.command !== 'TransactWrite') return proceed();
      writes += 1;
      return writes === 1 ? proceed() : outage(home).interceptor(call, proceed);
    };
    await expect(indexed(replicaThat(home, stop), id)).rejects.toThrow(/did not answer/);
    const half = await indexOf(stage.post.replica(home), id);
    expect(half.found).not.toEqual(half.wanted);
    await updateBook(stage.front(), id, { title: thousandWords(50) });
    expect(await indexed(stage.post.replica(home), id)).toBe(1);
    await expectSound(id, home);
  });

  test('is mended by a sweep where no news of the books came', async () => {
    const ids = [stage.nextId(home), stage.nextId(home), stage.nextId(home)];
    for (const id of ids) await create(stage.front(), id);
    const calls = recordCalls();
    const { telemetry, counted } = listen();
    const run = { own: replicaThat(home, calls.interceptor), system: realSystem, telemetry };
    await sweepWords(run, () => true);
    for (const id of ids) await expectSound(id, home);
    expect(counted.Repaired).toBeGreaterThanOrEqual(ids.length);

    expect(await calls.during(() => sweepWords(run, () => true))).toEqual({
      [`${home} Get`]: 1,
      [`${home} Scan`]: 1,
      [`${home} BatchGet`]: 1,
      [`${home} Put`]: 1,
    });
  });
});
