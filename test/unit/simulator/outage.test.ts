import { beforeEach, describe, expect, test } from '@jest/globals';
import { Outage } from '../../../simulator/checks/outage.js';
import type { Answer, Asked, Try } from '../../../simulator/record/history.js';
import type { Write } from '../../../simulator/places/table-place.js';
import { SkewedClock } from '../../../simulator/clockwork/skewed-clock.js';
import type { World } from '../../../simulator/worlds/world.js';

const regions = ['us-east-1', 'eu-west-1'];
const sites = regions.map((name) => `${name}#1`);
const cache = 'cache of front 1';
const freshMs = 30_000;

let scheduler: { nowMs: number; steps: number };
let outage: Outage;
let violations: string[];

beforeEach(() => {
  scheduler = { nowMs: 1_000_000, steps: 0 };
  violations = [];
  const clock = new SkewedClock(() => scheduler.nowMs);
  const world = {
    scheduler,
    regions: regions.map((name) => ({ name })),
    sites,
    fronts: [{ name: 'front 1', cache, sites }],
    truth: {
      lost: new Set(),
      books: new Map([[7, { completeAt: new Map(regions.map((name) => [`${name}#1`, 0])) }]]),
    },
    clockOf: () => clock,
  };
  outage = new Outage(world as unknown as World, (guarantee, _one, what) =>
    violations.push(`${guarantee} ${what}`),
  );
});

interface Happened {
  readonly route?: Asked['route'];
  readonly status?: number;
  readonly use?: string;
  /** Places that answered, and those that did not. */
  readonly answered?: readonly string[];
  readonly failed?: readonly string[];
  /** The regions that the answer names. */
  readonly named?: readonly string[];
}

/** A request for book 7 that is sent and answered now. */
function ask({ route = 'info', status = 200, use, answered = [], failed = [], named }: Happened) {
  scheduler.steps += 1;
  const answer: Answer = {
    status,
    headers: {
      ...(use !== undefined && { 'x-cache': use }),
      ...(named !== undefined && { 'x-replica': named.join(', ') }),
    },
    body: {},
  };
  const invocation = {
    isStruck: false,
    asked: new Map([...answered, ...failed].map((place) => [place, 1])),
    answered: new Map(answered.map((place) => [place, 1])),
    failed: new Set(failed),
  };
  const one = {
    name: 'operation 1.0',
    front: 'front 1',
    asked: { route, path: { id: '7' } },
    startMs: scheduler.nowMs,
    endMs: scheduler.nowMs,
    startStep: scheduler.steps,
    answer,
    invocation,
  } as unknown as Try;
  outage.check(one, answer, true);
  outage.onEnded(one);
}

/** A request that reads a region puts book 7 into the cache. */
function fill(): void {
  const records = [{ after: { id: 'book#7', bookId: 7 } }];
  const invocation = { name: 'operation 0.0', answered: new Map([['us-east-1', 1]]) };
  outage.onWrites([{ place: cache, records, invocation } as unknown as Write]);
  ask({ use: 'miss', answered: [cache, 'us-east-1'], named: ['us-east-1'] });
}

describe('where no region answers', () => {
  test('a book that was shown is shown, and after 30 s as stale', () => {
    fill();
    scheduler.nowMs += freshMs - 1;
    ask({ use: 'hit', answered: [cache] });
    scheduler.nowMs += 1;
    ask({ use: 'stale', answered: [cache], failed: regions });
    expect(violations).toEqual([]);
    ask({ use: 'hit', answered: [cache] });
    expect(violations).toEqual([expect.stringContaining('G7 is not marked as stale')]);
  });

  test('a book that was shown is not refused, and one that was not may be', () => {
    ask({ status: 503, answered: [cache], failed: regions });
    expect(violations).toEqual([]);
    fill();
    ask({ status: 503, answered: [cache], failed: regions });
    expect(violations).toEqual(['G7 was answered 503, and the cache held it']);
  });

  test('nothing is denied or sold', () => {
    ask({ status: 404, answered: [cache], failed: regions });
    ask({ route: 'buy', status: 201, answered: [cache], failed: regions });
    ask({ status: 404, answered: [cache, 'eu-west-1'], failed: ['us-east-1'] });
    expect(violations).toEqual([
      'G7 was answered 404 without us-east-1',
      'G7 was answered 201 without any region',
      'G6 was answered 404 without us-east-1',
    ]);
  });
});

describe('without its cache', () => {
  test('a front end asks every region, and answers if one does', () => {
    ask({ use: 'bypass', failed: [cache], answered: regions, named: regions });
    ask({ use: 'bypass', failed: [cache, 'us-east-1'], answered: ['eu-west-1'] });
    expect(violations).toEqual(['G7 says bypass, and names no replica']);
    scheduler.nowMs += 12_000;
    ask({ use: 'bypass', failed: [cache], answered: ['eu-west-1'], named: ['eu-west-1'] });
    ask({ status: 503, failed: [cache, 'us-east-1'], answered: ['eu-west-1'] });
    expect(violations.slice(1)).toEqual([
      'G7 did not ask us-east-1, and its cache did not answer',
      'G7 was answered 503 without its cache, and eu-west-1#1 answered',
    ]);
  });

  test('a region whose circuit may be open need not be asked', () => {
    ask({ status: 503, answered: [cache], failed: ['us-east-1', 'eu-west-1'] });
    ask({ use: 'bypass', failed: [cache], answered: ['eu-west-1'], named: ['eu-west-1'] });
    expect(violations).toEqual([]);
  });
});

test('an answer names only what answered', () => {
  ask({ use: 'miss', answered: [cache, 'us-east-1'], named: regions });
  ask({ use: 'hit', failed: [cache], answered: regions });
  expect(violations).toEqual([
    'G7 names eu-west-1, which did not answer',
    'G7 says hit, and its cache did not answer',
    expect.stringContaining('G7 is not marked as stale'),
  ]);
});
