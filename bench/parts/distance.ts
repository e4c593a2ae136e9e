import type { Context, Part, Ratio, Result, Row } from '../part.js';
import { runStoreWithBooks } from '../support/bench-store.js';
import { operationNames, pageSize, type OperationName } from '../support/operations.js';
import { hang, separate, startFrontEnds, type RegionalFrontEnd } from '../support/regions.js';
import { rowOf } from '../report/rows.js';
import { subjectsIn } from '../support/books.js';

const roundTripsMs = [0, 80];
/** Once a region is known to be hung, a read may take so much longer than in health. */
const slowestReadWhileHung = 2;

export const distance: Part = {
  name: 'distance',
  title: 'What does the other region cost?',
  run,
};

async function run(context: Context): Promise<Result> {
  const store = await runStoreWithBooks(context);
  const frontEnds = await startFrontEnds(context, store);
  // New processes go on becoming faster for some hundred calls: what is measured first would look the slowest.
  await measureAll(context, frontEnds, '0 ms, to warm up');
  const rows: Row[] = [];
  for (const roundTripMs of roundTripsMs) {
    separate(frontEnds, roundTripMs);
    rows.push(...(await measureAll(context, frontEnds, `${roundTripMs} ms`)));
  }
  separate(frontEnds, 0);
  const [front] = frontEnds as [RegionalFrontEnd];
  hang(front);
  rows.push(...(await measureAll(context, [front], 'hung')));

  return toResult(rows);
}

/** One client at each front end, all at once. */
async function measureAll(
  { count, signal, tell }: Context,
  frontEnds: readonly RegionalFrontEnd[],
  otherRegion: string,
): Promise<Row[]> {
  const subjects = subjectsIn(pageSize);
  const rows: Row[] = [];
  for (const operation of operationNames) {
    signal.throwIfAborted();
    tell(`the other region ${otherRegion}: ${operation}`);
    const measured = frontEnds.map(async (frontEnd) => {
      const measurement = await frontEnd.measure(operation, { clients: 1, count }, subjects);
      const subject = { operation, 'other region': otherRegion, 'front end': frontEnd.region };
      return rowOf(subject, measurement);
    });
    rows.push(...(await Promise.all(measured)));
  }
  return rows;
}

function toResult(rows: readonly Row[]): Result {
  const figure = (operation: OperationName, otherRegion: string, heading: string): number =>
    Number(
      rows.find((row) => row['operation'] === operation && row['other region'] === otherRegion)?.[
        heading
      ],
    );
  const [near, far] = roundTripsMs.map((roundTripMs) => `${roundTripMs} ms`) as [string, string];
  const ratioOf = (operation: OperationName, state: string, heading: string): number =>
    figure(operation, state, heading) / figure(operation, near, heading);
  return {
    ratios: [
      ...operationNames.map((operation): Ratio => ({
        name: `${operation}: p50 at ${far} over ${near}`,
        value: ratioOf(operation, far, 'p50 ms'),
      })),
      ...operationNames.map((operation): Ratio => ({
        name: `${operation}: p99 with the other region hung over ${near}`,
        value: ratioOf(operation, 'hung', 'p99 ms'),
        ...(operation !== 'purchase' && { goal: slowestReadWhileHung }),
      })),
    ],
    rows,
    plots: [
      {
        name: 'distance',
        title: 'Median latency by the way to the other region',
        unit: 'ms',
        series: [near, far, 'hung'],
        groups: operationNames.map((operation) => ({
          label: operation,
          values: [near, far, 'hung'].map((state) => figure(operation, state, 'p50 ms')),
        })),
      },
    ],
    notes: [
      'The way is that between a front end and the other region’s database, there and back; handlers are ' +
        'called without HTTP. A hung region takes requests and never answers; the calls that found that ' +
        'out are not counted.',
      'Regions take turns at the misses, so half of these cross the way: their median may be of either half.',
    ],
  };
}
