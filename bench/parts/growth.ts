import { formatCount } from '../../tools/terminal/table.js';
import type { Context, Part, Ratio, Result, Row } from '../part.js';
import { fillBooks, fillSales, makeClosedStore } from '../support/bulk.js';
import { measureOverHttp, runStore, type BenchStore } from '../support/bench-store.js';
import { clientCounts } from '../support/load.js';
import { operationNames } from '../support/operations.js';
import { rowOf } from '../report/rows.js';
import { subjectsIn } from '../support/books.js';

/** So much slower may it be than at first, to be called flat. */
const flat = 1.5;

export const growth: Part = {
  name: 'growth',
  title: 'Does it stay so as it grows?',
  run,
};

async function run(context: Context): Promise<Result> {
  const { books, sales, tell } = context;
  const closed = await makeClosedStore(context);
  const { dataDir, created } = closed;

  const stages: Stage[] = [];
  let filled = created.length;
  const measureStage = async (label: string, size: number): Promise<void> => {
    const store = await runStore(context, dataDir);
    stages.push(await measureAt(context, store, label, size));
    await store.stop();
  };
  for (const size of books) {
    tell(`filling to ${size} books`);
    await fillBooks(closed, { created, from: filled, to: size }, context);
    filled = size;
    await measureStage(`${formatCount(size)} books`, size);
  }
  if (sales > 0) {
    tell(`making ${sales} sales`);
    await fillSales(closed, { books: filled, sales }, context);
    await measureStage(`and ${formatCount(sales)} sales`, filled);
  }
  return toResult(stages);
}

interface Stage {
  readonly label: string;
  readonly rows: readonly Row[];
}

async function measureAt(
  { count, signal, tell }: Context,
  { api }: BenchStore,
  label: string,
  size: number,
): Promise<Stage> {
  const subjects = subjectsIn(size);
  const rows: Row[] = [];
  for (const operation of operationNames) {
    for (const clients of clientCounts) {
      tell(`${label}: ${operation}, ${clients} clients`);
      const measured = await measureOverHttp(api, operation, { clients, count, signal }, subjects);
      rows.push(rowOf({ operation, after: label }, measured));
    }
  }
  return { label, rows };
}

function toResult(stages: readonly Stage[]): Result {
  const p50Of = ({ rows }: Stage, operation: string, clients: number): number =>
    Number(
      rows.find((row) => row['operation'] === operation && row['clients'] === clients)?.['p50 ms'],
    );
  const [first, ...later] = stages as [Stage, ...Stage[]];
  const ratios = operationNames.flatMap((operation) =>
    clientCounts.map((clients): Ratio => {
      const atFirst = p50Of(first, operation, clients);
      const value = Math.max(...later.map((stage) => p50Of(stage, operation, clients) / atFirst));
      const verdict = value <= flat ? 'flat' : 'not flat';
      const name = `${operation}, ${clients === 1 ? '1 client' : `${clients} clients`}`;
      return {
        name: `${name}, p50 at its worst over ${first.label}: ${verdict}`,
        value,
        goal: flat,
      };
    }),
  );
  return {
    ratios,
    rows: stages.flatMap(({ rows }) => rows),
    plots: [
      {
        name: 'growth',
        title: 'Median latency over HTTP, 1 client',
        unit: 'ms',
        series: stages.map(({ label }) => label),
        groups: operationNames.map((operation) => ({
          label: operation,
          values: stages.map((stage) => p50Of(stage, operation, 1)),
        })),
      },
    ],
    notes: [
      'All books but the first ten, and all sales of the last stage, were written into the files of the ' +
        'databases while the store was closed, as the store itself would have left them there: in both ' +
        'regions, their indexes and their streams. Measured are ten books from the middle.',
    ],
  };
}
