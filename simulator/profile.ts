/**
 * What kind of world a seed makes. Every world has its own mixture of faults, and lacks some of them
 * altogether: a fault that is always there hides what others would show (Groce et al., "Swarm
 * Testing", ISSTA 2012).
 */
import type { RandomChoice } from '../cli/random.js';
import type { Routing } from '../lib/store/front-end.js';
import { lastingFaults, type Decisions, type FaultKind, type LastingFault } from './decisions.js';

/** How often a call, or a message, suffers each fault. */
export type Rates = Partial<Record<FaultKind, number>>;

export interface Profile {
  readonly routing: Routing;
  /** How many times as often as usual clients do each of these. */
  readonly emphasis: Readonly<Record<'cancel' | 'restock' | 'change', number>>;
  /** How likely a buyer is to ask again with a key that was answered or refused. */
  readonly stubbornness: number;
  /** Between the starts of two operations, on average. */
  readonly pauseMs: number;
  /** Books that there are from the start. */
  readonly books: number;
  readonly copies: number;
  readonly rates: Rates;
  /** Where no message is lost for good, a world does without, so that messages alone must do. */
  readonly hasReconcile: boolean;
  /** The kinds of lasting faults that this world has, and how long it stays sound between two. */
  readonly lasting: readonly LastingFault[];
  readonly soundMs: number;
  /** The largest difference between a clock and the true time. */
  readonly skewMs: number;
  /** How far indexes, and reads that are not strongly consistent, are behind at most. */
  readonly lagMs: number;
}

const usualRates: Readonly<Rates> = {
  'answer lost': 0.02,
  'request lost': 0.01,
  'request late': 0.04,
  'handler died': 0.01,
  conflict: 0.03,
  throttled: 0.03,
  'keys left over': 0.05,
  'publishing failed': 0.05,
  'message lost': 0.08,
  'message doubled': 0.15,
  'message delayed': 0.2,
};

/** @param isSound leaves every fault out. */
export function drawProfile(decisions: Decisions, { isSound = false } = {}): Profile {
  const random = decisions.of('profile');
  const rates: Rates = {};
  for (const [kind, rate] of Object.entries(usualRates) as [FaultKind, number][]) {
    const drawn = random.number() < 0.5 ? rate * random.oneOf([0.25, 1, 3]) : 0;
    if (drawn > 0 && !isSound) rates[kind] = drawn;
  }
  const lasting = lastingFaults.filter(() => random.number() < 0.4);
  const needsReconcile = 'message lost' in rates || lasting.includes('region restored');
  const hasSkew = random.number() < 0.5;
  return {
    routing: {
      reads: random.oneOf(['round-robin', 'nearest']),
      sales: random.number() < 0.7 ? 'spread' : 'nearest',
    },
    pauseMs: random.oneOf([40, 150, 600, 2_000]),
    books: random.whole(1, 4),
    copies: random.oneOf([2, 6, 15, 40]),
    rates,
    hasReconcile: needsReconcile || random.number() < 0.3,
    lasting: isSound ? [] : lasting,
    soundMs: random.oneOf([2_000, 8_000, 30_000]),
    skewMs: hasSkew && !isSound ? logUniform(random, 5, 10_000) : 0,
    lagMs: logUniform(random, 10, 4_000),
    stubbornness: random.oneOf([0.1, 0.2, 0.9]),
    emphasis: {
      cancel: random.oneOf([0, 1, 3]),
      restock: random.oneOf([0, 1, 3]),
      change: random.oneOf([0, 1, 3]),
    },
  };
}

/** Small values are as likely as large ones. */
const logUniform = (random: RandomChoice, least: number, most: number): number =>
  Math.round(least * (most / least) ** random.number());
