/**
 * What a store that nobody uses takes of a processor, and how soon the first sale after that is in every
 * region. For a store that runs: `npx tsx bench/idle.ts --data .bazar`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { createApiClient, describeAnswer, type ApiClient } from '../cli/api-client.js';
import { CommandError, runCommand, wholeNumber } from '../cli/command.js';
import { latencyRecorder, type LatencySummary } from '../cli/latency.js';
import { formatShare, formatTable, latencyCells, latencyHeadings } from '../cli/table.js';
import { replicasSchema } from '../lib/http/schemas.js';
import { partsFile, storeFile } from '../local/data-files.js';
import { readJson, type Parts, type Store } from '../local/store-file.js';
import { processorTimeMs } from './processor-time.js';

/** The time that each part of a running store uses of one processor, in milliseconds. */
export async function measureIdle(dataDir: string, forMs: number): Promise<Map<string, number>> {
  const parts = Object.entries(partsOf(dataDir));
  const before = parts.map(([, { pid }]) => processorTimeMs(pid));
  await sleep(forMs);
  return new Map(
    parts.map(([name, { pid }], index) => [name, processorTimeMs(pid) - (before[index] ?? 0)]),
  );
}

/** How long after its answer a sale is in every region, where nothing was written for a while before. */
export async function measureFirstSales(
  dataDir: string,
  { count, quietMs }: { count: number; quietMs: number },
): Promise<LatencySummary> {
  const { port, adminToken: token } = readJson(storeFile(dataDir)) as Store;
  const api = createApiClient({ url: `http://127.0.0.1:${port}`, token });
  const latency = latencyRecorder();
  for (let sale = 0; sale < count; sale += 1) {
    await sleep(quietMs);
    const answer = await api.send({
      method: 'POST',
      path: `/buy/${soldBook}`,
      headers: { 'idempotency-key': randomUUID() },
    });
    if (answer.status !== 201) throw new CommandError(describeAnswer(answer));
    const startedAtMs = performance.now();
    while (!(await isEverywhere(api))) await sleep(2);
    latency.record(performance.now() - startedAtMs);
  }
  return latency.summary();
}

/** Of the first books, the one with the most copies. */
const soldBook = 4;

async function isEverywhere(api: ApiClient): Promise<boolean> {
  const { body } = await api.send({ path: `/books/${soldBook}/replicas` });
  const stocks = replicasSchema
    .parse(body)
    .replicas.map((replica) => (replica.reachable ? replica.stock : undefined));
  return new Set(stocks).size === 1;
}

function partsOf(dataDir: string): Parts {
  const parts = readJson(partsFile(dataDir));
  if (parts === undefined) throw new CommandError(`no store runs in ${dataDir}`);
  return parts as Parts;
}

interface Options {
  readonly data: string;
  readonly seconds: number;
  readonly sales: number;
  readonly quietSeconds: number;
}

async function print({ data, seconds, sales, quietSeconds }: Options): Promise<void> {
  const forMs = seconds * 1000;
  const used = await measureIdle(data, forMs);
  const total = [...used.values()].reduce((sum, ms) => sum + ms, 0);
  const rows = [...used, ['all', total] as const].map(([name, ms]) => [
    name,
    formatShare(ms, forMs),
  ]);
  console.log(formatTable([['part', 'of one core'], ...rows]));
  const delays = await measureFirstSales(data, { count: sales, quietMs: quietSeconds * 1000 });
  const cells = ['a sale is everywhere', `${delays.count}`, ...latencyCells(delays)];
  console.log(`\n${formatTable([['', 'sales', ...latencyHeadings], cells])}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runCommand(
    new Command('idle')
      .description('Measures what a running store takes of a processor that nobody uses.')
      .option('--data <folder>', "the store's data folder", '.bazar')
      .option('--seconds <N>', 'how long it is left alone', wholeNumber(1, 3600), 120)
      .option('--sales <N>', 'how many sales follow', wholeNumber(1, 30), 10)
      .option(
        '--quiet-seconds <N>',
        'how long it is left alone before each',
        wholeNumber(0, 600),
        6,
      )
      .allowExcessArguments(false)
      .action(print),
  );
}
