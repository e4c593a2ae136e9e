/** What a store that nobody uses takes of a processor, and how soon the first sale after that is in every region. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeAnswer, type ApiClient } from '../../client/api-client.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { latencyRecorder, type LatencySummary } from '../../tools/latency.js';
import { formatCount } from '../../tools/terminal/table.js';
import { partsFile } from '../../local/files/data-files.js';
import { readJson, type Parts } from '../../local/files/store-file.js';
import type { Context, Part, Result } from '../part.js';
import { processorTimeMs } from '../processor-time.js';
import { runStore } from '../support/bench-store.js';
import { fillBooks, makeClosedStore } from '../support/bulk.js';
import { untilEverywhere } from '../support/books.js';

const books = 10_000;
const leftAloneMs = 60_000;
const sales = { count: 10, quietMs: 6_000 };
/** What its workers find to do at first is over by then. */
const settlingMs = 90_000;
const mostOfOneCore = 0.03;

export const idle: Part = {
  name: 'idle',
  title: 'What does a store take that nobody uses?',
  run,
};

async function run(context: Context): Promise<Result> {
  const closed = await makeClosedStore(context);
  const { dataDir, created } = closed;
  await fillBooks(closed, { created, from: created.length, to: books }, context);
  const { api } = await runStore(context, dataDir);
  context.tell('leaving the store alone');
  await sleep(settlingMs, undefined, { signal: context.signal });
  const used = await measureIdle(dataDir, leftAloneMs);
  const totalMs = [...used.values()].reduce((sum, ms) => sum + ms, 0);
  context.tell('selling now and then');
  const { p50 = 0, max = 0 } = await measureFirstSales(api, sales);
  const shareOf = (ms: number) => `${((100 * ms) / leftAloneMs).toFixed(1)} %`;
  return {
    ratios: [
      {
        name: 'all its processes together, of one core',
        value: totalMs / leftAloneMs,
        goal: mostOfOneCore,
      },
    ],
    rows: [...used].map(([part, ms]) => ({ part, 'of one core': shareOf(ms) })),
    notes: [
      `A store of ${formatCount(books)} books, left alone for a minute. A sale after ` +
        `${sales.quietMs / 1000} s of quiet was in every region ${p50.toFixed(0)} ms (p50) and ${max.toFixed(0)} ms ` +
        `(the slowest of ${sales.count}) after it was answered.`,
    ],
  };
}

/** The time that each part of a running store uses of one processor, in milliseconds. */
async function measureIdle(dataDir: string, forMs: number): Promise<Map<string, number>> {
  const parts = Object.entries(partsOf(dataDir));
  const before = parts.map(([, { pid }]) => processorTimeMs(pid));
  await sleep(forMs);
  return new Map(
    parts.map(([name, { pid }], index) => [name, processorTimeMs(pid) - (before[index] ?? 0)]),
  );
}

/** How long after its answer a sale is in every region, where nothing was written for a while before. */
async function measureFirstSales(
  api: ApiClient,
  { count, quietMs }: { count: number; quietMs: number },
): Promise<LatencySummary> {
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
    await untilEverywhere(api, [soldBook], { everyMs: 2 });
    latency.record(performance.now() - startedAtMs);
  }
  return latency.summary();
}

/** Of the first books, the one with the most copies. */
const soldBook = 4;

function partsOf(dataDir: string): Parts {
  const parts = readJson(partsFile(dataDir));
  if (parts === undefined) throw new CommandError(`no store runs in ${dataDir}`);
  return parts as Parts;
}
