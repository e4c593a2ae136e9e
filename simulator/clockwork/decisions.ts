/** What the seed decides: every choice has a name, and its outcome follows from seed and name alone. */
import { randomChoice, type RandomChoice } from '../../tools/random.js';
import { spreadHash } from '../../lib/spread-hash.js';

/** Faults that begin, last, and end. */
export const lastingFaults = [
  'region down',
  'region hung',
  'regions cut off',
  'front end cut off',
  'network split',
  'everything down',
  'cache down',
  'index behind',
  'region restored',
  'clock jumped',
  'stream read again',
] as const;

/** What may become of a call to a table. */
export const callFaults = [
  'answer lost',
  'connection closed',
  'request lost',
  'request late',
  'handler died',
  'conflict',
  'throttled',
  'keys left over',
  'cache refused',
] as const;

/** Faults that nobody may notice: nothing counts as wrong because of them. */
export const unnoticedFaults: ReadonlySet<FaultKind> = new Set(['connection closed']);

export const faultKinds = [
  ...lastingFaults,
  ...callFaults,
  'clock skewed',
  'stale read',
  'publishing failed',
  'message lost',
  'message doubled',
  'message delayed',
  'site retired',
] as const;

export type LastingFault = (typeof lastingFaults)[number];
export type CallFault = (typeof callFaults)[number];
export type FaultKind = (typeof faultKinds)[number];

export class Decisions {
  readonly seed: number;
  /** What of all that may or may not happen did happen, in order; the rest of a run follows from it. */
  readonly taken: string[] = [];
  readonly faults = new Map<FaultKind, number>();
  /** Each fault and when it struck, in milliseconds since the epoch. */
  readonly struck: { readonly atMs: number; readonly name: string }[] = [];
  /** Nothing goes wrong any more. */
  isHealed = false;
  /** When something was wrong last; milliseconds since the epoch. */
  lastFaultMs = Number.NEGATIVE_INFINITY;
  /** When a single call, or message, suffered a fault last. */
  lastPassingFaultMs = Number.NEGATIVE_INFINITY;
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #now: () => number;

  /** @param allowed where given, nothing else happens: a part of what was `taken` in another run. */
  constructor(seed: number, now: () => number, allowed?: ReadonlySet<string>) {
    this.seed = seed;
    this.#now = now;
    this.#allowed = allowed;
  }

  /** Whether something that need not happen may: an operation of a client, a fault. */
  take(name: string): boolean {
    if (!this.isAllowed(name)) return false;
    this.taken.push(name);
    return true;
  }

  isAllowed(name: string): boolean {
    return this.#allowed === undefined || this.#allowed.has(name);
  }

  /** Whether this fault happens here. */
  strikes(kind: FaultKind, name: string): boolean {
    if (this.isHealed || !this.take(`${kind}: ${name}`)) return false;
    this.count(kind);
    if (!unnoticedFaults.has(kind)) {
      this.noteFault();
      const isLasting = (lastingFaults as readonly FaultKind[]).includes(kind);
      if (!isLasting) this.lastPassingFaultMs = this.#now();
    }
    this.struck.push({ atMs: this.#now(), name: `${kind}: ${name}` });
    return true;
  }

  count(kind: FaultKind): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  noteFault(): void {
    this.lastFaultMs = this.#now();
  }

  /** Random choices of one thing's own, so that they stay the same where other things are left out. */
  of(name: string): RandomChoice {
    return randomChoice(spreadHash(`${this.seed} ${name}`));
  }
}
