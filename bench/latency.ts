/** `npm run bench`: how long a cached look-up, an uncached one and a purchase take. */
import {
  createApiClient,
  describeAnswer,
  type Answer,
  type ApiClient,
  type ApiRequest,
} from '../cli/api-client.js';
import {
  CommandError,
  findToken,
  greetStore,
  runCommand,
  storeCommand,
  wholeNumber,
  type StoreOptions,
} from '../cli/command.js';
import { latencyRecorder, type LatencySummary } from '../cli/latency.js';
import { readBooks } from '../cli/store-reader.js';
import { formatTable, latencyCells, latencyHeadings } from '../cli/table.js';
import { largestBookId } from '../lib/http/schemas.js';

interface BenchOptions extends StoreOptions {
  readonly count: number;
  readonly book?: number;
}

interface Measurement {
  readonly durationMs: number;
  readonly latency: LatencySummary;
  readonly errors: number;
}

const clientCounts = [1, 16];
/** Calls before each measurement, which fill caches and open connections. */
const warmUpCount = 32;

const command = storeCommand('bench', 'Measures the latency of a running store.')
  .option(
    '--count <N>',
    'calls of each kind, with each number of clients',
    wholeNumber(1, 100_000),
    500,
  )
  .option(
    '--book <ID>',
    'which book (default: the first that is listed)',
    wholeNumber(1, largestBookId),
  )
  .addHelpText('after', '\nIt stocks as many copies of the book as it buys.')
  .action(runBench);

async function runBench({ url, token, count, book }: BenchOptions): Promise<void> {
  const api = createApiClient({ url, token: await findToken(token) });
  await greetStore(api);
  const bookId = book ?? (await readBooks(api, 1))[0]?.id;
  if (bookId === undefined) throw new CommandError('the catalogue is empty: import one first');
  await restock(api, bookId, clientCounts.length * (count + warmUpCount));
  console.log(`book ${bookId} at ${url}, ${count} calls each`);

  const operations: Record<string, () => ApiRequest> = {
    'info, cached': () => ({ path: `/info/${bookId}` }),
    'info, not cached': () => ({
      path: `/info/${bookId}`,
      headers: { 'cache-control': 'no-cache' },
    }),
    buy: () => ({
      method: 'POST',
      path: `/buy/${bookId}`,
      body: { quantity: 1 },
      headers: { 'idempotency-key': crypto.randomUUID() },
    }),
  };
  const rows = [['operation', 'clients', 'per s', ...latencyHeadings, 'errors']];
  for (const [name, makeRequest] of Object.entries(operations)) {
    for (const clients of clientCounts) {
      await measure(api, makeRequest, clients, warmUpCount);
      const { durationMs, latency, errors } = await measure(api, makeRequest, clients, count);
      const perSecond = ((1000 * count) / durationMs).toFixed(0);
      rows.push([name, `${clients}`, perSecond, ...latencyCells(latency), `${errors}`]);
    }
  }
  console.log(formatTable(rows));
}

/** Copies to sell, so that no purchase finds the book sold out. */
async function restock(api: ApiClient, bookId: number, quantity: number): Promise<void> {
  const answer = await api.send({
    method: 'POST',
    path: `/books/${bookId}/restock`,
    body: { quantity },
    headers: { 'idempotency-key': crypto.randomUUID() },
  });
  if (answer.status >= 300) throw new CommandError(describeAnswer(answer));
}

/** That many calls, shared by the clients, each of which waits for one answer before its next call. */
async function measure(
  api: ApiClient,
  makeRequest: () => ApiRequest,
  clients: number,
  count: number,
): Promise<Measurement> {
  const latency = latencyRecorder();
  let errors = 0;
  let left = count;
  const call = async () => {
    const startedAtMs = performance.now();
    const answer: Answer | undefined = await api.sendOnce(makeRequest()).catch(() => undefined);
    latency.record(performance.now() - startedAtMs);
    if (answer === undefined || answer.status >= 300) errors += 1;
  };
  const client = async () => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  return { durationMs: performance.now() - startedAtMs, latency: latency.summary(), errors };
}

await runCommand(command);
