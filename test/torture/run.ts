/** One run: customers and faults for a while, then peace, and the final checks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiClient, describeAnswer, type ApiClient } from '../../client/api-client.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { startProgress } from '../../tools/terminal/progress.js';
import { randomChoice } from '../../tools/random.js';
import { settledStock } from '../../client/stock-check.js';
import { readReplicas } from '../../client/store-reader.js';
import { logDir } from '../../local/files/data-files.js';
import { apiPart } from '../../local/processes/parts.js';
import { eventually } from '../../tools/eventually.js';
import type { RunningStore } from '../../local/store-process.js';
import type { Arena } from '../support/stages/arena.js';
import { visit, type Market } from './customers.js';
import { openFaultRecord, strikeOn, type FaultRecord } from './faults.js';
import { checkStore } from './final-checks.js';
import { openHistory } from './history.js';
import { openLoad } from './load.js';
import { recordOutages } from './outages.js';
import { watchPrices } from './prices.js';
import {
  describeErrors,
  describeMoment,
  describeRun,
  describeStock,
  describeViolations,
} from './report.js';
import type { Violation } from './violations.js';

export interface RunOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly seed: number;
}

const topic = 'Torture';
const firstPrice = 1000;
const plentiful = Array.from({ length: 4 }, (_, index) => ({ id: 901 + index, stock: 500_000 }));
const scarce = Array.from({ length: 6 }, (_, index) => ({ id: 911 + index, stock: 10 }));
const books = [...plentiful, ...scarce];

/** How long an answer may take to come once everything is healed. */
const answerDeadlineMs = 120_000;

/**
 * @param abandoned ends what is shown, where the run is not waited for any more.
 * @returns what was violated, which was printed, too.
 */
export async function run(
  arena: Arena,
  options: RunOptions,
  abandoned: AbortSignal,
): Promise<readonly Violation[]> {
  const { url, adminToken } = arena.store;
  const api = createApiClient({ url, token: adminToken, timeoutMs: 60_000 });
  await stockBook(api);

  const faults = openFaultRecord();
  const violations: Violation[] = [];
  const onViolation = (violation: Violation) => void violations.push(violation);
  const givingUp = new AbortController();
  const market: Market = {
    api,
    topic,
    plentiful,
    scarce,
    history: openHistory(books),
    load: openLoad(),
    outages: recordOutages(),
    shown: watchPrices(books, firstPrice, faults.cacheOutages, onViolation),
    givingUp: givingUp.signal,
    onViolation,
  };
  const startedAtMs = performance.now();
  const elapsedMs = () => performance.now() - startedAtMs;
  const progress = startProgress({
    total: options.seconds * 1000,
    done: elapsedMs,
    describe: () => describeMoment(market.load, faults, violations, elapsedMs()),
  });
  const stopShowing = () => progress.stop();
  abandoned.addEventListener('abort', stopShowing);
  await disturb(arena, market, faults, options, givingUp);
  abandoned.removeEventListener('abort', stopShowing);
  stopShowing();
  console.log(`\n${describeRun(market.load, faults, elapsedMs())}\n`);

  console.log('all is healed; waiting until the regions agree');
  const findings = await checkStore(api, arena.store, market.history);
  violations.push(...findings.violations);
  if (findings.totals) console.log(describeStock(findings.totals));
  console.log(describeViolations(violations));
  if (violations.length > 0) console.log(describeErrors(readApiLog(arena.store)));
  return violations;
}

const readApiLog = ({ dataDir }: RunningStore): string =>
  readFileSync(join(logDir(dataDir), `${apiPart}.log`), 'utf8');

/** Customers and faults, until the time is up, all is healed and every customer has an answer. */
async function disturb(
  { store, front, regions, paths }: Arena,
  market: Market,
  faults: FaultRecord,
  { seconds, clients, seed }: RunOptions,
  givingUp: AbortController,
): Promise<void> {
  const ending = new AbortController();
  setTimeout(() => ending.abort(), seconds * 1000);
  const customers = Array.from({ length: clients }, (_, index) =>
    visit(market, randomChoice(seed + 1 + index), ending.signal),
  );
  const scene = { store, front, regions, paths, outages: market.outages };
  await strikeOn(scene, randomChoice(seed), faults, ending.signal);
  const timer = setTimeout(() => givingUp.abort(), answerDeadlineMs);
  await Promise.all(customers);
  clearTimeout(timer);
}

/** Creates the books, and waits until every region has its share. */
async function stockBook(api: ApiClient): Promise<void> {
  for (const { id, stock } of books) {
    const body = {
      id,
      title: `Book ${id}`,
      authors: ['A. Author'],
      topic,
      price: firstPrice,
      stock,
    };
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const answer = await api.send({ method: 'POST', path: '/books', body, headers });
    if (answer.status !== 201) throw new CommandError(`book ${id}: ${describeAnswer(answer)}`);
  }
  const ids = books.map(({ id }) => id);
  await eventually(async () => {
    const report = await readReplicas(api, ids);
    const missing = books.find(({ id, stock }) => settledStock(report.get(id) ?? []) !== stock);
    if (missing) throw new CommandError(`book ${missing.id} is not known in every region`);
  });
}
