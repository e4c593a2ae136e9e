/**
 * What kind of world a seed makes. Every world has its own mixture of faults, and lacks some of them
 * altogether: a fault that is always there hides what others would show (Groce et al., "Swarm
 * Testing", ISSTA 2012).
 */
import type { RandomChoice } from '../../tools/random.js';
import type { Routing } from '../../lib/store/front-end.js';
import {
  callFaults,
  lastingFaults,
  type Decisions,
  type FaultKind,
  type LastingFault,
} from './decisions.js';

/** How often a read or a simple write, or a message, suffers each fault. */
type Rates = Partial<Record<FaultKind, number>>;

/** How many of a hundred operations of clients are of each kind. */
const mixture = {
  buy: 36,
  info: 26,
  search: 6,
  words: 4,
  list: 2,
  topics: 2,
  cancel: 7,
  restock: 5,
  change: 7,
  create: 2,
  import: 2,
  order: 2,
  orders: 1,
  'write-off': 4,
  sale: 3,
  isbn: 2,
} as const;

export type OperationKind = keyof typeof mixture;

/** The kinds of operations, each so often that one at random is as likely as it should be. */
export const operationKinds = ({ emphasis }: Profile): OperationKind[] =>
  (Object.entries(mixture) as [OperationKind, number][]).flatMap(([kind, share]) =>
    Array.from({ length: share * (emphasis[kind] ?? 1) }, () => kind),
  );

export interface Profile {
  readonly routing: Routing;
  /** How many times as often as usual clients do each of these; once unless told. */
  readonly emphasis: Readonly<Partial<Record<OperationKind, number>>>;
  /** How many books buyers ask for at once, as far as there are so many; the one as likely as the other. */
  readonly baskets: readonly number[];
  /** How many copies of each, the one as likely as the other. */
  readonly quantities: readonly number[];
  /** How likely a buyer is to ask again with a key that was answered or refused. */
  readonly stubbornness: number;
  /** How long a client waits, at most, before they ask again where they got no answer. */
  readonly patienceMs: number;
  /** How likely a buyer is to ask twice at once. */
  readonly haste: number;
  /** How likely the second of those requests is to be for one copy more. */
  readonly confusion: number;
  /** Between the starts of two operations, on average. */
  readonly pauseMs: number;
  /** Books that there are from the start. */
  readonly books: number;
  readonly copies: number;
  /** The most copies that one restock brings. */
  readonly mostRestocked: number;
  readonly rates: Rates;
  /** How many times as often a transaction suffers a fault: what becomes of it matters most. */
  readonly strain: number;
  /** How often a request, or an answer, takes several times as long as usual. */
  readonly slowness: number;
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

export const usualSlowness = 0.03;

const usualRates: Readonly<Rates> = {
  'answer lost': 0.02,
  'connection closed': 0.02,
  'request lost': 0.01,
  'request late': 0.04,
  'handler died': 0.01,
  conflict: 0.03,
  throttled: 0.03,
  'keys left over': 0.05,
  'cache refused': 0.01,
  'publishing failed': 0.05,
  'message lost': 0.08,
  'message doubled': 0.15,
  'message delayed': 0.2,
};

/**
 * Histories that take several unlikely things at once come of worlds in which these are all likely.
 * A third of the worlds has no theme.
 */
const themes = ['none', 'none', 'contended', 'apart', 'browsed', 'restored'] as const;

/** @param isSound leaves every fault out. */
export function drawProfile(decisions: Decisions, { isSound = false } = {}): Profile {
  const usual = usualProfile(decisions.of('profile'));
  const random = decisions.of('theme');
  const profile = { ...usual, ...changesOf(random.oneOf(themes), usual, random) };
  return isSound ? { ...profile, rates: {}, lasting: [], skewMs: 0 } : profile;
}

function usualProfile(random: RandomChoice): Profile {
  const rates: Rates = {};
  for (const [kind, rate] of Object.entries(usualRates) as [FaultKind, number][]) {
    const drawn = random.number() < 0.5 ? rate * random.oneOf([0.25, 1, 3]) : 0;
    if (drawn > 0) rates[kind] = drawn;
  }
  const lasting = lastingFaults.filter(() => random.number() < 0.4);
  const needsReconcile = 'message lost' in rates || lasting.includes('region restored');
  const copies = random.oneOf([2, 6, 15, 40]);
  const hasSkew = random.number() < 0.5;
  return {
    routing: {
      reads: random.oneOf(['round-robin', 'nearest']),
      sales: random.number() < 0.7 ? 'spread' : 'nearest',
    },
    pauseMs: random.oneOf([40, 150, 600, 2_000]),
    books: random.whole(1, 4),
    copies,
    mostRestocked: copies,
    rates,
    strain: 3,
    slowness: usualSlowness,
    hasReconcile: needsReconcile || random.number() < 0.3,
    lasting,
    soundMs: random.oneOf([2_000, 8_000, 30_000]),
    skewMs: hasSkew ? logUniform(random, 5, 10_000) : 0,
    lagMs: logUniform(random, 10, 4_000),
    baskets: random.oneOf([[1], [1, 1, 2, 2, 3], [1, 2, 3, 5, 5, 25]]),
    quantities: [1, 1, 1, 2, 3, 5],
    stubbornness: random.oneOf([0.1, 0.2, 0.9]),
    patienceMs: 7_000,
    haste: 0.2,
    confusion: 0.15,
    emphasis: {
      cancel: random.oneOf([0, 1, 3]),
      restock: random.oneOf([0, 1, 3]),
      change: random.oneOf([0, 1, 3]),
      'write-off': random.oneOf([0, 1, 3]),
      sale: random.oneOf([0, 1, 3]),
    },
  };
}

/** What a theme changes of a profile. */
function changesOf(
  theme: (typeof themes)[number],
  { rates, lasting, emphasis }: Profile,
  random: RandomChoice,
): Partial<Profile> {
  switch (theme) {
    case 'none':
      return {};
    // Many want the last copies of one book, or of the same few together, do not take no for an answer,
    // and give them back: either all at once, or while what is sent for a sale is often late.
    case 'contended': {
      const isLate = random.number() < 0.75;
      const books = random.oneOf([1, 1, 2, 3]);
      return {
        books,
        baskets: [1, books, books],
        copies: random.oneOf([1, 2, 3]),
        mostRestocked: random.oneOf([2, 20]),
        pauseMs: isLate ? random.oneOf([300, 1_000]) : random.oneOf([20, 40]),
        rates: { ...without(rates, callFaults), ...(isLate && { 'request late': 0.03 }) },
        strain: 12,
        slowness: isLate ? usualSlowness : 0.4,
        lasting: lasting.filter(() => random.number() < 0.3),
        stubbornness: 0.9,
        patienceMs: 1_500,
        emphasis: {
          ...emphasis,
          info: 0.25,
          search: 0.25,
          create: 0,
          import: 0,
          cancel: 2,
          restock: 1,
          change: 0,
          sale: 0,
        },
      };
    }
    // Front ends sell for a while without hearing of each other, often under the same key.
    case 'apart':
      return {
        books: random.whole(1, 2),
        baskets: [1, 2],
        copies: 40,
        pauseMs: random.oneOf([150, 600]),
        rates: { ...without(rates, callFaults), 'message delayed': 0.4 },
        lasting: ['network split'],
        soundMs: 2_000,
        stubbornness: 0.9,
        patienceMs: 3_000,
        haste: 0.6,
        confusion: 0.3,
        emphasis: { ...emphasis, info: 0.25, cancel: 3, change: 2 },
      };
    // Regions are lost and restored, while copies are brought and whoever brings them asks again.
    case 'restored':
      return {
        books: 4,
        pauseMs: random.oneOf([600, 1_000]),
        rates: without(rates, callFaults),
        lasting: ['region restored', 'front end cut off'],
        soundMs: 8_000,
        stubbornness: 0.9,
        hasReconcile: true,
        emphasis: {
          ...emphasis,
          buy: 0.25,
          info: 0.25,
          create: 2,
          import: 2,
          restock: 4,
          'write-off': 4,
          change: 0,
          sale: 0,
        },
      };
    // Books are moved from list to list, and the lists are read.
    case 'browsed':
      return {
        books: random.whole(3, 6),
        pauseMs: random.oneOf([300, 1_000]),
        rates: {
          ...without(rates, callFaults),
          'keys left over': random.oneOf([0.05, 0.3]),
          'connection closed': 0.05,
        },
        lasting: lasting.filter(() => random.number() < 0.2),
        emphasis: { ...emphasis, buy: 0.25, search: 5, change: 2, sale: 2 },
      };
  }
}

const without = (rates: Rates, kinds: readonly FaultKind[]): Rates =>
  Object.fromEntries(Object.entries(rates).filter(([kind]) => !kinds.includes(kind as FaultKind)));

/** Small values are as likely as large ones. */
const logUniform = (random: RandomChoice, least: number, most: number): number =>
  Math.round(least * (most / least) ** random.number());
