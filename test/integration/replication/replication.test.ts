import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { replicateHandler } from '../../../functions/replicate.js';
import { beat, readHeartbeats } from '../../../lib/tables/heartbeat.js';
import type { OrderRow } from '../../../lib/rules/order.js';
import type { Region } from '../../../lib/rules/sites.js';
import { restockBook, updateBook } from '../../../lib/store/manage-books.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { listReplicas } from '../../../lib/store/inspect.js';
import { cancelOrder } from '../../../lib/store/orders.js';
import { realSystem } from '../../../lib/system.js';
import { barrier, connectionRefused, outage, recordCalls } from '../../support/faults/barrier.js';
import { create } from '../../support/books/books.js';
import { oneOfEach, order, orderAll, orderOf } from '../../support/books/buyers.js';
import { expectConverged } from '../../support/books/convergence.js';
import { isTransaction } from '../../support/faults/faults.js';
import { hostIn, testSecrets } from '../../support/tables/front-ends.js';
import { deliver, queueEvent, type Letter } from '../../support/tables/post.js';
import { parametersOf } from '../../support/random/properties.js';
import { logOf } from '../../support/books/order-log.js';
import { openStage } from '../../support/stages/open.js';

const [us, eu, ap]: [Region, Region, Region] = ['us-east-1', 'eu-west-1', 'ap-south-1'];
const regions = [us, eu, ap];

const stage = await openStage({ regions });

/** A front end that sells in one region and brings nothing from another. */
const sellerIn = (region: Region): Promise<FrontEnd> =>
  stage.freshFront({
    region,
    routing: { reads: 'nearest', sales: 'nearest' },
    faults: [outage(...regions.filter((other) => other !== region)).interceptor],
  });

test('G4: whatever happened in three regions apart, they hold the same when they have told each other', async () => {
  const id = await stage.bookEverywhere(us, { stock: 30 });
  const [here, there, far] = await Promise.all(regions.map(sellerIn));
  await order(here as FrontEnd, id, { quantity: 2 });
  const cancelled = orderOf(await order(there as FrontEnd, id, { quantity: 3 }));
  await cancelOrder(there as FrontEnd, cancelled.id).catch(() => undefined);
  await updateBook(far as FrontEnd, id, { price: 5 });
  await updateBook(there as FrontEnd, id, { title: 'Anew' });
  await restockBook(here as FrontEnd, testSecrets, id, 9, `nine of ${id}`);

  await stage.post.settle();

  await expectConverged(stage.post.replicas, id);
  const reports = await listReplicas(stage.front(), id);
  expect(new Set(reports.map(({ book }) => book?.stock)).size).toBe(1);
});

test('G4: a region that has only heard of a book holds what the others do', async () => {
  const id = await stage.bookEverywhere(us, { stock: 30 });
  await expectConverged(stage.post.replicas, id);
});

/** What three regions tell of a book that each of them sold, changed and moved on its own. */
async function lettersOfABusyBook(): Promise<{ id: number; letters: Record<Region, Letter[]> }> {
  const id = await stage.bookEverywhere(us, { stock: 30 });
  const letters: Record<Region, Letter[]> = { [us]: [], [eu]: [], [ap]: [] };
  const sellers = await Promise.all(regions.map(sellerIn));
  const [here, there, far] = sellers as [FrontEnd, FrontEnd, FrontEnd];
  const tell = async () => {
    for (const region of regions) letters[region]?.push(...(await stage.post.collect(region)));
  };
  await order(here, id, { quantity: 1 });
  await order(there, id, { quantity: 2 });
  await tell();
  await updateBook(here, id, { title: 'Anew' });
  await updateBook(far, id, { price: 5 });
  await stage.post.replica(us).catalog.move(id, `${eu}#1`, 3);
  await tell();
  await order(here, id, { quantity: 1 });
  await order(far, id, { quantity: 4 });
  await stage.post.replica(ap).catalog.move(id, `${us}#1`, 2);
  await beat(stage.post.replica(us), realSystem);
  await beat(stage.post.replica(eu), realSystem);
  await tell();
  return { id, letters };
}

/** Sends what each region told to the other two, in the order that the test chooses. */
async function deliverAll(
  letters: Record<Region, Letter[]>,
  arrange: (letters: Letter[]) => Letter[],
): Promise<void> {
  for (const region of regions) {
    const incoming = regions
      .filter((other) => other !== region)
      .flatMap((other) => letters[other] ?? []);
    await deliver(arrange(incoming), stage.post.replica(region));
  }
}

function newestOfEach(letters: Letter[]): Letter[] {
  const newest = new Map<string, Letter>();
  for (const letter of letters) {
    const { type, region, book, orders = [] } = JSON.parse(letter.body);
    newest.set(`${type} ${region} ${book?.id} ${orders.map((row: OrderRow) => row.id)}`, letter);
  }
  return [...newest.values()];
}

describe('G4: messages that arrive', () => {
  test.each<[string, (letters: Letter[]) => Letter[]]>([
    ['in order', (letters) => letters],
    ['in reverse', (letters) => [...letters].reverse()],
    ['doubled', (letters) => [...letters, ...letters]],
    ['twice each, back to front', (letters) => letters.flatMap((one) => [one, one]).reverse()],
    ['the newest of each region and each key only', newestOfEach],
  ])('%s leave the regions with the same books and orders', async (_how, arrange) => {
    const { id, letters } = await lettersOfABusyBook();

    await deliverAll(letters, arrange);

    await expectConverged(stage.post.replicas, id);
  });

  test('in any order, any number of times, leave the regions with the same books and orders', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), async (choices) => {
        const { id, letters } = await lettersOfABusyBook();
        await deliverAll(letters, (incoming) => {
          const doubled = incoming.flatMap((letter) =>
            Array.from({ length: 1 + (choices.next().value % 2) }, () => letter),
          );
          return doubled
            .map((letter) => ({ letter, place: choices.next().value }))
            .sort((one, other) => one.place - other.place)
            .map(({ letter }) => letter);
        });
        await expectConverged(stage.post.replicas, id);
      }),
      parametersOf({ numRuns: 3 }),
    );
  });

  test('again change nothing', async () => {
    const { letters } = await lettersOfABusyBook();
    await deliverAll(letters, (incoming) => incoming);
    for (const region of regions) await stage.post.changes(region);

    await deliverAll(letters, (incoming) => incoming);

    for (const region of regions) expect(await stage.post.changes(region)).toEqual([]);
  });
});

test('G4: a region whose link to another is cut hears of its sale with what a third tells of the book', async () => {
  const id = await stage.bookEverywhere(us, { stock: 30 });
  await order(await sellerIn(us), id, { quantity: 4 });
  await deliver(await stage.post.collect(us), stage.post.replica(eu));

  await order(await sellerIn(eu), id, { quantity: 1 });
  await deliver(await stage.post.collect(eu), stage.post.replica(ap));

  const reports = await listReplicas(stage.front(), id);
  expect(reports.find(({ region }) => region === ap)?.book).toMatchObject({ stock: 25 });
});

test('G4: copies that were moved arrive round a cut link too, and once, though they are told of twice', async () => {
  const id = await stage.bookEverywhere(us, { stock: 30 });
  await stage.post.replica(us).catalog.move(id, `${ap}#1`, 5);
  const told = await stage.post.collect(us);
  await deliver(told, stage.post.replica(eu));
  await order(await sellerIn(eu), id);
  const relayed = await stage.post.collect(eu);

  await deliver([...relayed, ...told, ...relayed], stage.post.replica(ap));

  const reports = await listReplicas(stage.front(), id);
  expect(reports.map(({ book }) => book?.rights)).toEqual([5, 9, 15]);
});

test('G1: two deliveries at once of one transfer add its copies once', async () => {
  const id = await stage.bookEverywhere(us, { stock: 30 });
  await stage.post.replica(us).catalog.move(id, `${eu}#1`, 5);
  const [letter] = await stage.post.collect(us);
  const to = stage.post.replica(eu);

  await Promise.all(Array.from({ length: 8 }, () => deliver([letter as Letter], to)));

  const reports = await listReplicas(stage.front(), id);
  expect(reports.find(({ region }) => region === eu)?.book).toMatchObject({ rights: 15 });
});

test('G4: of two heartbeats of a region the later stays, whichever comes first', async () => {
  const beats: Letter[][] = [];
  for (const now of [1_000, 2_000, 3_000].map((ms) => Date.now() + 3_600_000 + ms)) {
    await beat(stage.post.replica(us), { ...realSystem, now: () => now });
    beats.push((await stage.post.collect(us)).filter(({ type }) => type === 'heartbeat'));
  }
  const [first, second, third] = beats as [Letter[], Letter[], Letter[]];
  const at = stage.post.replica(eu);
  const latest = async () => (await readHeartbeats(at, realSystem, [us])).get(us);

  await deliver([...first, ...third], at);
  const expected = await latest();
  await deliver([...second, ...first], at);

  expect(await latest()).toBe(expected);
  expect(expected).toBe(JSON.parse(third[0]?.body ?? '{}').beatAt);
});

describe('G4: a batch of a queue', () => {
  const handlerOf = (region: Region, { replicas }: Pick<FrontEnd, 'replicas'> = stage.post) =>
    replicateHandler(hostIn(region, replicas));

  const context = {} as never;

  test('of which some messages are not valid fails for these alone', async () => {
    const id = await stage.bookEverywhere(us, { stock: 30 });
    await order(await sellerIn(us), id);
    await updateBook(await sellerIn(us), id, { title: 'Anew' });
    const letters = await stage.post.collect(us);
    const bodies = letters.map(({ body }) => body);
    const [valid] = bodies as [string];
    const invalid = [
      'not JSON',
      '{}',
      'null',
      JSON.stringify({ ...JSON.parse(valid), v: 2 }),
      JSON.stringify({ ...JSON.parse(valid), type: 'parcel' }),
      JSON.stringify({ ...JSON.parse(valid), orders: [{ id: 'x' }] }),
    ];

    const answer = await handlerOf(eu)(queueEvent([...invalid, ...bodies]), context);

    expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(
      invalid.map((_, place) => String(place)),
    );
    const reports = await listReplicas(stage.front(), id);
    expect(reports.find(({ region }) => region === eu)?.book).toMatchObject({
      title: 'Anew',
      stock: 29,
    });
  });

  test('that tells ten times of one book writes it once, and each of its orders', async () => {
    const id = await stage.bookEverywhere(us, { stock: 30 });
    const bodies: string[] = [];
    for (let sale = 0; sale < 10; sale += 1) {
      await order(await sellerIn(us), id);
      bodies.push(...(await stage.post.collect(us)).map(({ body }) => body));
    }
    const calls = recordCalls();
    const counting = stage.front({ faults: [calls.interceptor] });

    const answer = await handlerOf(eu, counting)(queueEvent(bodies), context);

    expect(bodies).toHaveLength(10);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(calls.counted()).toEqual({
      [`${eu} BatchGet`]: 1,
      [`${eu} Update`]: 1,
      [`${eu} Put`]: 10,
    });
    await expectConverged(
      stage.post.replicas.filter(({ region }) => region !== ap),
      id,
    );
  });

  /** What the home of new books tells of each, which nobody has heard yet. */
  async function lettersOfNewBooks(count: number): Promise<{ ids: number[]; bodies: string[] }> {
    await stage.post.collect(us);
    const ids = Array.from({ length: count }, () => stage.nextId(us));
    for (const id of ids) await create(stage.front(), id);
    return { ids, bodies: (await stage.post.collect(us)).map(({ body }) => body) };
  }

  const heldIn = async (region: Region, ids: readonly number[]): Promise<number[]> => {
    const { rows } = await stage.post.replica(region).catalog.getAll(ids);
    return rows.map(({ state }) => state.id).toSorted((one, other) => one - other);
  };

  test('of new books is read in one call and written in one transaction', async () => {
    const { ids, bodies } = await lettersOfNewBooks(10);
    const calls = recordCalls();
    const counting = stage.front({ faults: [calls.interceptor] });

    const answer = await handlerOf(eu, counting)(queueEvent(bodies), context);

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(calls.counted()).toEqual({ [`${eu} BatchGet`]: 1, [`${eu} TransactWrite`]: 1 });
    expect(await heldIn(eu, ids)).toEqual(ids);
  });

  test('of new books of which one comes otherwise meanwhile takes each of the others, too', async () => {
    const { ids, bodies } = await lettersOfNewBooks(3);
    const stop = barrier('before', (call) => call.place === eu && isTransaction(call));
    const stopped = stage.front({ faults: [stop.interceptor] });
    const taking = handlerOf(eu, stopped)(queueEvent(bodies), context);
    await stop.reached;
    await handlerOf(eu)(queueEvent(bodies.slice(1, 2)), context);
    stop.open();

    expect(await taking).toEqual({ batchItemFailures: [] });
    expect(await heldIn(eu, ids)).toEqual(ids);
  });

  test('of books of which one can not be taken fails for its message alone', async () => {
    const { ids, bodies } = await lettersOfNewBooks(3);
    const letter = JSON.parse(bodies[1] ?? '');
    const [{ book, lists }] = letter.books;
    // Sales of this site's own that it has no memory of.
    const forgotten = { stocked: 0, sold: 1, moved: {}, seq: 9 };
    const ledger = { ...book.ledger, [`${eu}#1`]: forgotten };
    const body = JSON.stringify({ ...letter, books: [{ book: { ...book, ledger }, lists }] });

    const answer = await handlerOf(eu)(
      queueEvent([bodies[0] ?? '', body, bodies[2] ?? '']),
      context,
    );

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    expect(await heldIn(eu, ids)).toEqual([ids[0], ids[2]]);
  });

  test('M8: an order of several books is taken with all of them, or with none', async () => {
    const ids = [
      await stage.bookEverywhere(us, { stock: 30 }),
      await stage.bookEverywhere(us, { stock: 30 }),
    ];
    await orderAll(await sellerIn(us), oneOfEach(...ids));
    const [body = '', ...others] = (await stage.post.collect(us)).map((letter) => letter.body);
    expect(others).toEqual([]);
    const message = JSON.parse(body);
    const [one, { book, lists }] = message.books;
    const forgotten = { stocked: 0, sold: 1, moved: {}, seq: 9 };
    const spoilt = { book: { ...book, ledger: { ...book.ledger, [`${eu}#1`]: forgotten } }, lists };

    const refused = await handlerOf(eu)(
      queueEvent([JSON.stringify({ ...message, books: [one, spoilt] })]),
      context,
    );
    expect(refused).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
    expect(await logOf(stage.post.replica(eu), ids)).toEqual([]);

    const taken = await handlerOf(eu)(queueEvent([body]), context);
    expect(taken).toEqual({ batchItemFailures: [] });
    expect(await logOf(stage.post.replica(eu), ids)).toHaveLength(1);
    for (const id of ids) {
      await expectConverged(
        stage.post.replicas.filter(({ region }) => region !== ap),
        id,
      );
    }
  });

  test('of which some orders can not be taken fails for their messages alone', async () => {
    const id = await stage.bookEverywhere(us, { stock: 30 });
    const bodies: string[] = [];
    for (let sale = 0; sale < 3; sale += 1) {
      await order(await sellerIn(us), id);
      bodies.push(...(await stage.post.collect(us)).map(({ body }) => body));
    }
    const lost = JSON.parse(bodies[1] ?? '').orders[0].id as string;
    const failing = stage.front({
      faults: [
        (call, proceed) =>
          JSON.stringify(call.input).includes(lost)
            ? Promise.reject(connectionRefused(eu))
            : proceed(),
      ],
    });

    const answer = await handlerOf(eu, failing)(queueEvent(bodies), context);

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    expect(await logOf(stage.post.replica(eu), [id])).toHaveLength(2);
  });

  test('of which every message is not valid fails for each, and does not throw', async () => {
    const answer = await handlerOf(eu)(queueEvent(['1', '2']), context);

    expect(answer).toEqual({
      batchItemFailures: [{ itemIdentifier: '0' }, { itemIdentifier: '1' }],
    });
  });

  test('that a region can not take fails whole, and is taken when it comes again', async () => {
    const id = await stage.bookEverywhere(us, { stock: 30 });
    await order(await sellerIn(us), id);
    const bodies = (await stage.post.collect(us)).map(({ body }) => body);
    const away = stage.front({ faults: [outage(eu).interceptor] });

    const first = await handlerOf(eu, away)(queueEvent(bodies), context);
    const second = await handlerOf(eu)(queueEvent(bodies), context);

    expect(first.batchItemFailures).toHaveLength(bodies.length);
    expect(second).toEqual({ batchItemFailures: [] });
    const log = await logOf(stage.post.replica(eu), [id]);
    expect(log.map(({ status }) => status)).toEqual(['placed']);
  });
});
