import type { Context, Part, Result, Row } from '../part.js';
import { runStoreWithBooks, type BenchStore } from '../support/bench-store.js';
import { latencyRecorder } from '../../tools/latency.js';
import { numbersFrom, pageSize, purchaseOf, type Subjects } from '../support/operations.js';
import { separate, startFrontEnds, type RegionalFrontEnd } from '../support/regions.js';
import { rounded, rowOf } from '../report/rows.js';
import { bookIdOf, createBooks, subjectsIn, untilEverywhere } from '../support/books.js';

const roundTripMs = 80;
/** The last copies of a book, which buyers in all regions want at once. */
const lastCopies = 20;
const booksSoldOut = 5;
const mostRetries = 100;

const routings = ['spread', 'nearest'] as const;

export const routing: Part = {
  name: 'routing',
  title: 'Where is a sale best made?',
  run,
};

async function run(context: Context): Promise<Result> {
  const store = await runStoreWithBooks(context);
  const subjects = subjectsIn(pageSize);
  const rows: Row[] = [];
  for (const [index, sales] of routings.entries()) {
    const frontEnds = await startFrontEnds(context, store, { SALE_ROUTING: sales });
    separate(frontEnds, roundTripMs);
    rows.push(...(await purchases(context, sales, frontEnds, subjects)));
    rows.push(await retries(context, sales, frontEnds, subjects));
    const last = numbersFrom(pageSize * (1 + index), booksSoldOut);
    await createBooks(store.api, last, lastCopies);
    rows.push(...(await sellOut(context, sales, frontEnds, store, last)));
  }
  return toResult(rows);
}

/** One buyer at each front end, all at once. */
async function purchases(
  { count, tell }: Context,
  sales: string,
  frontEnds: readonly RegionalFrontEnd[],
  subjects: Subjects,
): Promise<Row[]> {
  tell(`${sales}: purchases`);
  return Promise.all(
    frontEnds.map(async (frontEnd) => {
      const measured = await frontEnd.measure('purchase', { clients: 1, count }, subjects);
      return rowWith(`purchase in ${frontEnd.region}`, sales, measured);
    }),
  );
}

/** A buyer whose answer was lost asks the other front end at once, with the same key. */
async function retries(
  { count, signal, tell }: Context,
  sales: string,
  [first, other]: readonly RegionalFrontEnd[],
  { bookIds }: Subjects,
): Promise<Row> {
  tell(`${sales}: retries`);
  if (first === undefined || other === undefined) throw new Error('it takes two regions');
  const latency = latencyRecorder();
  let soldAgain = 0;
  let errors = 0;
  const tries = Math.min(count, mostRetries);
  for (let index = 0; index < tries; index += 1) {
    signal.throwIfAborted();
    const call = purchaseOf(bookIds[index % bookIds.length] as number, crypto.randomUUID());
    await first.call(call);
    const again = await other.call(call);
    latency.record(again.durationMs);
    // 201: it was placed in the other region too, and is settled when the regions hear of each other.
    if (again.status === 201) soldAgain += 1;
    else if (again.status !== 200) errors += 1;
  }
  const { p50 = 0, p99 = 0 } = latency.summary();
  const measured = { clients: 1, p50Ms: p50, p99Ms: p99, perSecond: 0, errors };
  return rowWith('retry at the other front end', sales, measured, soldAgain / tries);
}

/** Buyers at each front end want the last copies, until there are none. */
async function sellOut(
  { signal, tell }: Context,
  sales: string,
  frontEnds: readonly RegionalFrontEnd[],
  { api }: BenchStore,
  numbers: readonly number[],
): Promise<Row[]> {
  tell(`${sales}: last copies`);
  const lastBought = { everywhere: frontEnds, 'at one front end': frontEnds.slice(0, 1) };
  const rows: Row[] = [];
  for (const [index, [where, buyers]] of Object.entries(lastBought).entries()) {
    const half = Math.ceil(numbers.length / 2);
    const books = numbers.slice(index * half, (index + 1) * half).map(bookIdOf);
    const latency = latencyRecorder();
    let errors = 0;
    let sold = 0;
    const startedAtMs = performance.now();
    for (const bookId of books) {
      let isLeft = true;
      const buy = async (frontEnd: RegionalFrontEnd) => {
        while (isLeft) {
          signal.throwIfAborted();
          const { status, durationMs } = await frontEnd.call(
            purchaseOf(bookId, crypto.randomUUID()),
          );
          latency.record(durationMs);
          if (status === 201) sold += 1;
          else if (status === 409) isLeft = false;
          else errors += 1;
        }
      };
      await Promise.all(buyers.map(buy));
    }
    const durationMs = performance.now() - startedAtMs;
    const { p50 = 0, p99 = 0 } = latency.summary();
    const perSecond = (1000 * sold) / durationMs;
    const measured = { clients: buyers.length, p50Ms: p50, p99Ms: p99, perSecond, errors };
    if (sold !== books.length * lastCopies) errors += 1;
    rows.push(
      rowWith(`last ${lastCopies} copies, bought ${where}`, sales, { ...measured, errors }),
    );
    await untilEverywhere(api, books);
  }
  return rows;
}

const rowWith = (
  what: string,
  sales: string,
  measured: Parameters<typeof rowOf>[1],
  soldTwice = 0,
): Row => ({
  ...rowOf({ what, routing: sales }, measured),
  'sold twice at first': `${rounded(100 * soldTwice)} %`,
});

function toResult(rows: readonly Row[]): Result {
  const figure = (what: unknown, sales: string, heading: string): number =>
    Number(rows.find((row) => row['what'] === what && row['routing'] === sales)?.[heading]);
  const subjects = [...new Set(rows.map((row) => String(row['what'])))];
  return {
    ratios: subjects.flatMap((what) =>
      ['p50 ms', 'p99 ms'].map((heading) => ({
        name: `${what}: ${heading.slice(0, 3)} of nearest over spread`,
        value: figure(what, 'nearest', heading) / figure(what, 'spread', heading),
      })),
    ),
    rows,
    plots: [
      {
        name: 'routing',
        title: `Median latency of sales, ${roundTripMs} ms between the regions`,
        unit: 'ms',
        series: routings,
        groups: subjects.map((what) => ({
          label: what,
          values: routings.map((sales) => figure(what, sales, 'p50 ms')),
        })),
      },
    ],
    notes: [
      `A front end in each region, ${roundTripMs} ms there and back from the other region’s database; ` +
        'handlers are called without HTTP. “Sold twice at first” is the share of retries that placed a ' +
        'second order, which takes copies until the regions have settled it.',
    ],
  };
}
