/** One run of one world: the shop opens, things go wrong, everything heals, and the books are checked. */
import { AnswerChecks } from '../checks/answers.js';
import { FinalChecks } from '../checks/final.js';
import { firstDifference, holdingsOf } from '../checks/holdings.js';
import { firstWordsDifference } from '../checks/words.js';
import { isbns, topics, wordSearches } from '../actors/clients.js';
import type { Definitions } from '../places/definitions.js';
import type { FaultKind } from '../clockwork/decisions.js';
import { describeTry, secondsSince, type Asked, type Try } from '../record/history.js';
import { sellByLastWriterWins, type Totals } from '../worlds/last-writer-wins.js';
import { startMs } from '../clockwork/scheduler.js';
import type { Violation } from '../clockwork/violations.js';
import { World } from '../worlds/world.js';

export interface RunOptions {
  readonly seed: number;
  readonly steps: number;
  readonly regions: number;
  readonly definitions: Definitions;
  readonly allowed?: readonly string[];
  readonly isSound?: boolean;
  /** Where given, faults end at this time instead of at half of the steps. */
  readonly untilMs?: number;
  /** Also sells by the usual answer, to the same clients. */
  readonly isCompared?: boolean;
}

export interface RunResult extends Totals {
  readonly seed: number;
  readonly steps: number;
  readonly trace: string;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** How many answers of each status each kind of request had; `none` where none came. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly violations: readonly Violation[];
  readonly taken: readonly string[];
  readonly healedAtMs: number;
  readonly usualAnswer?: Totals;
  /** Where something was violated: every request and every fault, in the order of time. */
  readonly history: readonly string[];
}

/** What is still on its way when the faults end arrives within this time. */
const onItsWayMs = 120_000;
const roundMs = 60_000;
const mostRounds = 20;
/** Longer than anything read is kept. */
const settledMs = 45_000;

/** Runs a world to its end. The same options always give the same result. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, steps, regions, definitions, allowed, isSound, untilMs } = options;
  const violations: Violation[] = [];
  const world = new World({
    seed,
    regions,
    definitions,
    ...(allowed && { allowed: new Set(allowed) }),
    ...(isSound !== undefined && { isSound }),
    report: (violation) => violations.push(violation),
  });
  const result = await new Run(world, violations)
    .toEnd(steps, untilMs)
    .finally(() => world.scheduler.stop());
  if (options.isCompared !== true) return result;
  const usualAnswer = await sellByLastWriterWins(seed, regions, result.healedAtMs);
  return { ...result, usualAnswer };
}

class Run {
  readonly #world: World;
  readonly #violations: Violation[];
  readonly #checks: AnswerChecks;

  constructor(world: World, violations: Violation[]) {
    this.#world = world;
    this.#violations = violations;
    this.#checks = new AnswerChecks(world);
    world.listener = this.#checks;
  }

  async toEnd(steps: number, untilMs: number | undefined): Promise<RunResult> {
    const { scheduler, clients, decisions, disturbances, restoration, operator, profile } =
      this.#world;
    // Where a region was lost, the shop stays open for what comes of its copies, if that is soon.
    const isEnough = () => scheduler.steps >= (operator.isAwaited ? 2 * steps : steps);
    const isOver = () =>
      this.#violations.length > 0 ||
      (untilMs === undefined ? isEnough() : scheduler.nowMs >= untilMs);
    const open = async () => {
      await clients.openShop();
      if (profile.lasting.includes('region restored')) restoration.takeBackups();
      clients.startOperations();
      disturbances.start();
    };
    void open();
    while (!isOver() && (await scheduler.step()));
    const healedAtMs = scheduler.nowMs;
    clients.close();
    decisions.isHealed = true;
    disturbances.heal();
    if (this.#violations.length === 0) await this.#settle();
    return {
      seed: decisions.seed,
      steps: scheduler.steps,
      trace: scheduler.trace,
      faults: Object.fromEntries(decisions.faults),
      answers: answersTo(this.#checks.tries),
      violations: this.#violations,
      taken: decisions.taken,
      healedAtMs,
      ...this.#world.truth.totals(),
      history: this.#violations.length === 0 ? [] : this.#history(),
    };
  }

  async #settle(): Promise<void> {
    await this.#pass(onItsWayMs);
    const { operator, truth } = this.#world;
    await this.#untilSame();
    if (truth.lost.size > 0) {
      await this.#untilDone(operator.giveAllOn());
      await this.#untilSame();
    }
    await this.#pass(settledMs);
    if (this.#violations.length > 0) return;
    const checks = new FinalChecks(this.#world, this.#checks.tries);
    checks.checkTables();
    if (this.#violations.length > 0) return;
    checks.checkShown(await this.#readAll());
  }

  /** Lets time pass until the replicas hold the same, and their indexes of words with them. */
  async #untilSame(): Promise<void> {
    for (let round = 0; round < mostRounds && this.#violations.length === 0; round += 1) {
      await this.#pass(roundMs);
      const isDone = this.#world.clients.running === 0;
      const isSame = () =>
        firstDifference(holdingsOf(this.#world)) === undefined &&
        firstWordsDifference(this.#world) === undefined;
      if (isDone && isSame()) return;
    }
  }

  /** Lets time pass until something is done, or a guarantee violated. */
  async #untilDone(work: Promise<unknown>): Promise<void> {
    const pending = new Set([work]);
    void work.finally(() => pending.delete(work));
    const isOver = () => pending.size === 0 || this.#violations.length > 0;
    while (!isOver() && (await this.#world.scheduler.step()));
  }

  async #pass(durationMs: number): Promise<void> {
    const { scheduler } = this.#world;
    const endMs = scheduler.nowMs + durationMs;
    while (this.#violations.length === 0 && (await scheduler.step(endMs)));
    scheduler.passTo(endMs);
  }

  /** Reads every book, every topic, every ISBN and every list at every front end. */
  async #readAll(): Promise<Try[]> {
    const { clients, fronts } = this.#world;
    const asked: Asked[] = [
      ...clients.books.map((id) => ({
        route: 'info' as const,
        path: { id: String(id) },
      })),
      ...topics.map((topic) => ({
        route: 'search' as const,
        path: { topic },
        query: { limit: '100' },
      })),
      ...isbns.map((isbn) => ({ route: 'info' as const, query: { isbn } })),
    ];
    const lists: Asked[] = [
      { route: 'list-topics', query: { limit: '1' } },
      { route: 'list-books', query: { limit: '7' } },
      ...wordSearches.map((query) => ({
        route: 'search' as const,
        query: { ...query, limit: '7' },
      })),
    ];
    const reads = fronts.flatMap((front) => [
      ...asked.map((one, number) => clients.look(number, front, one)),
      ...lists.map((one, list) => clients.lookThrough((list + 1) * 1_000_000, front, one)),
    ]);
    await this.#untilDone(Promise.all(reads));
    return this.#violations.length > 0 ? [] : (await Promise.all(reads)).flat();
  }

  #history(): string[] {
    const asked = this.#checks.tries.map((one) => ({
      atMs: one.startMs,
      line: describeTry(one, startMs),
    }));
    const struck = this.#world.decisions.struck.map(({ atMs, name }) => ({
      atMs,
      line: `${secondsSince(startMs, atMs)}  ${name}`,
    }));
    return [...asked, ...struck]
      .sort((one, other) => one.atMs - other.atMs)
      .map(({ line }) => line);
  }
}

function answersTo(tries: readonly Try[]): RunResult['answers'] {
  const answers: Record<string, Record<string, number>> = {};
  for (const { asked, answer, endStep } of tries) {
    if (Number.isNaN(endStep)) continue;
    const ofRoute = (answers[asked.route] ??= {});
    const status = String(answer?.status ?? 'none');
    ofRoute[status] = (ofRoute[status] ?? 0) + 1;
  }
  return answers;
}
