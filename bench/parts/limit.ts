import type { Context, Part, Ratio, Result, Row } from '../part.js';
import { startConstantApi } from '../support/constant-api.js';
import { measureOverHttp, runStoreWithBooks, toApiRequest } from '../support/bench-store.js';
import { startFrontEnd } from '../support/front-end.js';
import { clientCounts, measureWarm, type Load, type Measurement } from '../support/load.js';
import { callOf, operationNames, pageSize, type OperationName } from '../support/operations.js';
import { rowOf } from '../report/rows.js';
import { subjectsIn } from '../support/books.js';

export const limit: Part = {
  name: 'limit',
  title: 'How near is it to what is possible here?',
  run,
};

async function run(context: Context): Promise<Result> {
  const store = await runStoreWithBooks(context);
  const subjects = subjectsIn(pageSize);
  const direct = await startFrontEnd(context, store.environment);
  const constant = await startConstantApi(context, store.dataDir);

  type Way = (load: Load) => Promise<Measurement>;
  const overHttp = (operation: OperationName): Way => {
    return (load) => measureOverHttp(store.api, operation, load, subjects);
  };
  const directly = (operation: Parameters<typeof direct.measure>[0]): Way => {
    return (load) => direct.measure(operation, load, subjects);
  };
  const ways: Record<string, Way> = {
    'bare GetItem': directly('bare GetItem'),
    'bare transaction of two': directly('bare transaction'),
    ...Object.fromEntries(operationNames.map((name) => [`${name}, handler`, directly(name)])),
    'constant handler, HTTP': (load) =>
      measureWarm(load, async (index) => {
        const request = toApiRequest(callOf('info hit', subjects, index));
        return (await constant.sendOnce(request)).status === 200;
      }),
    ...Object.fromEntries(operationNames.map((name) => [`${name}, HTTP`, overHttp(name)])),
  };

  const rows: Row[] = [];
  const measured = new Map<string, Measurement>();
  for (const [name, way] of Object.entries(ways)) {
    for (const clients of clientCounts) {
      context.tell(`${name}, ${clients} clients`);
      const measurement = await way({ clients, count: context.count, signal: context.signal });
      measured.set(`${name} ${clients}`, measurement);
      rows.push(rowOf({ operation: name }, measurement));
    }
  }

  const p50Of = (name: string, clients: number): number => {
    return (measured.get(`${name} ${clients}`) as Measurement).p50Ms;
  };
  const floorOf = (operation: OperationName, way: string): string => {
    if (way === 'HTTP') return 'constant handler, HTTP';
    return operation === 'purchase' ? 'bare transaction of two' : 'bare GetItem';
  };
  const ratioOf = (operation: OperationName, way: string, clients: number): number =>
    p50Of(`${operation}, ${way}`, clients) / p50Of(floorOf(operation, way), clients);
  const ratios: Ratio[] = ['handler', 'HTTP'].flatMap((way) =>
    operationNames.map((operation) => ({
      name: `${operation}, ${way}, 1 client: p50 over that of ${floorOf(operation, way)}`,
      value: ratioOf(operation, way, 1),
    })),
  );
  return {
    ratios,
    rows,
    plots: [
      {
        name: 'limit',
        title: 'Median latency over that of the least possible call',
        unit: '×',
        series: clientCounts.map((clients) => (clients === 1 ? '1 client' : `${clients} clients`)),
        groups: ['handler', 'HTTP'].flatMap((way) =>
          operationNames.map((operation) => ({
            label: `${operation}, ${way}`,
            values: clientCounts.map((clients) => ratioOf(operation, way, clients)),
          })),
        ),
      },
    ],
    notes: [
      'The bare calls are the SDK’s own, on the tables of the store: a strongly consistent GetItem of a ' +
        'book, and the sale’s TransactWriteItems.',
      'The constant handler answers `{}` to `GET /info/ID` on the same gateway and serverless-offline, ' +
        'with the service’s own configuration.',
      '“handler” calls the bundled function in a process of its own; an info miss is one that asks a ' +
        'replica, as `Cache-Control: no-cache` does.',
    ],
  };
}
