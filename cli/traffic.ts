/** `npm run traffic`: customers at random, and whether the stock is right afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiClient, type ApiClient } from '../client/api-client.js';
import { catchInterruption, runCommand, wholeNumber } from '../tools/terminal/command.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { findToken, greetStore, storeCommand, type StoreOptions } from '../client/store-command.js';
import { startProgress } from '../tools/terminal/progress.js';
import { openAccount, type Purchase } from '../client/purchases.js';
import { randomChoice, shuffled, type RandomChoice } from '../tools/random.js';
import { goShopping, openRecord, purchase, type Shop } from './traffic/shopper.js';
import {
  holds,
  judgeStock,
  settledStock,
  type ReplicaReport,
  type StockReport,
  type StockVerdict,
} from '../client/stock-check.js';
import { readBooks, readOrdersSince, readReplicas, readTopics } from '../client/store-reader.js';
import { describeMoment, describeRecord, reportOutcome } from './traffic/traffic-report.js';

interface TrafficOptions extends StoreOptions {
  readonly clients: number;
  readonly seconds: number;
  readonly seed?: number;
  readonly wait: number;
}

const mostBooksShown = 200;
const mostBooksBought = 20;
const pollIntervalMs = 500;
/** How long the outcome of a purchase may stay unknown after the traffic. */
const outcomeDeadlineMs = 60_000;
/** Orders this much older than the traffic are listed before it, so as to be told from its own. */
const clockSlackMs = 5000;

const command = storeCommand('traffic', 'Searches, looks up and buys at random.')
  .option('--clients <N>', 'how many customers at once', wholeNumber(1, 1000), 8)
  .option('--seconds <N>', 'for how long', wholeNumber(1, 86_400), 30)
  .option('--seed <N>', 'repeats the choices of an earlier run', wholeNumber(0, 0xffff_ffff))
  .option(
    '--wait <SECONDS>',
    'how long the replicas may take to agree, before and afterwards',
    wholeNumber(0, 86_400),
    30,
  )
  .addHelpText(
    'after',
    `
Afterwards it checks that the copies sold and the copies left make up those stocked, in every
replica; the exit code is 1 where they don't. Ctrl-C ends the traffic early; the check still runs.`,
  )
  .action(async (options: TrafficOptions) => {
    process.exitCode = (await runTraffic(options)) ? 0 : 1;
  });

async function runTraffic(options: TrafficOptions): Promise<boolean> {
  const { url, clients, seconds } = options;
  const waitMs = options.wait * 1000;
  const api = createApiClient({ url, token: await findToken(options.token) });
  await greetStore(api);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  console.log(`${clients} clients for ${seconds} s at ${url}, seed ${seed}`);

  const opening = await openShop(api, randomChoice(seed), waitMs);
  const { shop } = opening;
  const interrupted = catchInterruption().signal;
  const durationMs = await keepShopping(shop, { clients, seconds, seed }, interrupted);
  console.log(`\n${describeRecord(shop.record, durationMs)}\n`);

  await settleOutcomes(shop);
  return reportOutcome(shop, await checkStock(opening, waitMs));
}

interface Opening {
  readonly shop: Shop;
  /** The stock of the books to buy, before any is bought. */
  readonly before: StockReport;
  /** By the store's clock; orders from then on are looked at afterwards, but for the earlier ones. */
  readonly sinceMs: number;
  readonly earlierIds: ReadonlySet<string>;
}

async function openShop(api: ApiClient, random: RandomChoice, waitMs: number): Promise<Opening> {
  const sinceMs = (await storeTimeMs(api)) - clockSlackMs;
  const [books, topics] = await Promise.all([
    readBooks(api, mostBooksShown),
    readTopics(api, mostBooksShown),
  ]);
  if (books.length === 0) throw new CommandError('the catalogue is empty: import one first');
  const inStock = books.filter(({ stock }) => stock > 0);
  const choice = shuffled(inStock.length > 0 ? inStock : books, random).slice(0, mostBooksBought);

  const { before, earlierIds } = await settleStock(api, idsOf(choice), sinceMs, waitMs);
  const shop = {
    api,
    topics,
    titles: books.map(({ title }) => title),
    bookIds: idsOf(books),
    boughtIds: [...before.keys()],
    record: openRecord(),
    account: openAccount(),
  };
  return { shop, before, sinceMs, earlierIds };
}

const idsOf = <Id>(items: readonly { readonly id: Id }[]): Id[] => items.map(({ id }) => id);

/** Orders carry the store's clock, which need not be this machine's. */
async function storeTimeMs(api: ApiClient): Promise<number> {
  const { headers } = await api.send({ path: '/health' });
  return Date.parse(headers.get('date') ?? '') || Date.now();
}

/**
 * Waits until the replicas agree and no order comes in while they are read; books of which they
 * don't agree in time are left out.
 */
async function settleStock(
  api: ApiClient,
  bookIds: readonly number[],
  sinceMs: number,
  waitMs: number,
): Promise<Pick<Opening, 'before' | 'earlierIds'>> {
  const readOrderIds = async () => new Set(idsOf(await readOrdersSince(api, sinceMs)));
  const look = async () => {
    const { size } = await readOrderIds();
    const report = await readReplicas(api, bookIds);
    const earlierIds = await readOrderIds();
    return { report, earlierIds, isQuiet: earlierIds.size === size };
  };
  const isSettled = (replicas: readonly ReplicaReport[]) => settledStock(replicas) !== undefined;
  const { report, earlierIds } = await pollUntil(
    look,
    (last) => last.isQuiet && [...last.report.values()].every(isSettled),
    waitMs,
  );

  const before = new Map([...report].filter(([, replicas]) => isSettled(replicas)));
  if (before.size === 0) {
    throw new CommandError(
      "the replicas agree on no book's stock, so that it could not be checked afterwards: see GET /health",
    );
  }
  if (before.size < report.size) {
    const count = report.size - before.size;
    console.log(`${count} books are not bought: the replicas do not agree on their stock`);
  }
  return { before, earlierIds };
}

/** Looks again and again until it is as wanted or the time for convergence is over; returns the last look. */
async function pollUntil<Look>(
  look: () => Promise<Look>,
  isWanted: (look: Look) => boolean,
  waitMs: number,
): Promise<Look> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    const last = await look();
    if (isWanted(last) || performance.now() > deadlineMs) return last;
    await sleep(pollIntervalMs);
  }
}

/** @returns how long it went on, in milliseconds */
async function keepShopping(
  shop: Shop,
  { clients, seconds, seed }: { clients: number; seconds: number; seed: number },
  interrupted: AbortSignal,
): Promise<number> {
  const startedAtMs = performance.now();
  const elapsedMs = () => performance.now() - startedAtMs;
  const progress = startProgress({
    total: seconds * 1000,
    done: elapsedMs,
    describe: () => describeMoment(shop, elapsedMs()),
  });
  // Node 20 may collect the timer of AbortSignal.timeout within AbortSignal.any, which then never ends.
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), seconds * 1000);
  interrupted.addEventListener('abort', () => end.abort());
  const customers = Array.from({ length: clients }, (_, index) =>
    goShopping(shop, randomChoice(seed + index), end.signal),
  );
  await Promise.all(customers);
  clearTimeout(timer);
  const durationMs = elapsedMs();
  progress.stop();
  return durationMs;
}

/** Asks for every purchase of which it is not known what became of it, with its own key. */
async function settleOutcomes(shop: Shop): Promise<void> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), outcomeDeadlineMs);
  const settle = async (bought: Purchase) => {
    while (shop.account.unknown.has(bought) && !end.signal.aborted) {
      await purchase(shop, bought, end.signal);
      if (shop.account.unknown.has(bought)) await sleep(pollIntervalMs);
    }
  };
  await Promise.all([...shop.account.unknown].map(settle));
  clearTimeout(timer);
}

async function checkStock(
  { shop, before, sinceMs, earlierIds }: Opening,
  waitMs: number,
): Promise<StockVerdict> {
  const answeredIds = new Set(shop.account.placed.keys());
  const look = async () => {
    const recent = await readOrdersSince(shop.api, sinceMs);
    const orders = recent.filter(({ id }) => !earlierIds.has(id));
    const after = await readReplicas(shop.api, shop.boughtIds);
    return judgeStock({ before, after, orders, answeredIds });
  };
  return pollUntil(look, holds, waitMs);
}

await runCommand(command);
