/** What a change of stock makes of the pure ledger, it makes of the item in DynamoDB, or is refused in both. */
import { expect, test } from '@jest/globals';
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import * as fc from 'fast-check';
import type { DocumentClient } from '../../lib/dynamodb/table-link.js';
import {
  bookKey,
  rightsAttribute,
  rowAttribute,
  stockExpression,
  stockRowSchema,
} from '../../lib/tables/book-item.js';
import type { Site } from '../../lib/rules/sites.js';
import {
  applyChange,
  giveBackOf,
  moveOf,
  restockOf,
  saleOf,
  writeOffOf,
  type StockChange,
} from '../../lib/rules/stock-change.js';
import { emptyRow, rightsOf, rowOf, type Ledger, type StockRow } from '../../lib/rules/ledger.js';
import { parametersOf, step } from '../support/random/properties.js';
import { openTwins } from '../support/stages/open.js';

const own: Site = 'us-east-1#1';
const others: readonly Site[] = ['eu-west-1#1', 'ap-south-1#1'];
const TableName = 'bazar-dev-catalog-1';
const Key = bookKey(7);

const maker = await openTwins();

const copies = fc.integer({ min: 1, max: 6 });
const hourMs = 60 * 60 * 1000;

/** Whether the keys are as they were seen at first, or just now. */
const isSeenAtFirst = fc.boolean();

/** What may be done next, to what is there then. */
const steps = fc.oneof(
  step('sell', { copies }),
  step('give back', { copies: fc.nat(6) }),
  step('move', { copies, to: fc.constantFrom(...others) }),
  step('restock', {
    copies,
    shares: fc.dictionary(fc.constantFrom(...others), fc.nat(2)),
    laterMs: fc.constantFrom(0, hourMs, 25 * hourMs),
    isSeenAtFirst,
  }),
  step('write off', { copies, isSeenAtFirst }),
);

/** As a row may lie there: not at all, as a join leaves it, stocked, or from before keys were noted. */
const beginnings = fc.constantFrom<Partial<StockRow> | undefined>(
  undefined,
  emptyRow,
  { ...emptyRow, stocked: 9, seq: 1 },
  { ...emptyRow, stocked: 9, keys: { first: { bodyHash: 'a body', usedAt: 0 } }, seq: 1 },
  { stocked: 9, sold: 2, moved: { [others[0] as Site]: 3 }, seq: 4 },
);

function changeOf(
  one: typeof steps extends fc.Arbitrary<infer Step> ? Step : never,
  world: World,
): StockChange {
  const row = rowOf(world.ledger, own);
  switch (one.kind) {
    case 'sell':
      return saleOf(one.copies);
    case 'give back':
      // Only what was sold: each order is given back once.
      return giveBackOf(Math.min(one.copies, row.sold));
    case 'move':
      return moveOf(one.to, one.copies);
    case 'restock': {
      world.nowMs += one.laterMs;
      return restockOf(one.copies, one.shares, nextKey(world), seenBy(one));
    }
    case 'write off':
      return writeOffOf(one.copies, nextKey(world), seenBy(one));
  }

  function seenBy({ isSeenAtFirst: isSeenThen }: { readonly isSeenAtFirst: boolean }) {
    return isSeenThen ? world.seen : row.keys;
  }
}

function nextKey(world: World) {
  world.keys += 1;
  return { id: `key ${world.keys}`, bodyHash: 'a body', usedAt: world.nowMs };
}

interface World {
  ledger: Ledger;
  /** The keys that the row had at first. */
  readonly seen: StockRow['keys'];
  nowMs: number;
  keys: number;
}

/** @returns false where the condition did not hold. */
async function update(client: DocumentClient, change: StockChange): Promise<boolean> {
  try {
    const expression = stockExpression(own, change).toUpdate();
    await client.send(new UpdateCommand({ TableName, Key, ...expression }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

async function stockIn(client: DocumentClient) {
  const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
  const row = Item?.[rowAttribute(own)];
  return { row: row && stockRowSchema.parse(row), rights: Item?.[rightsAttribute(own)] };
}

test.each(['emulated', 'simulated'] as const)(
  'G1: what comes of a change is the same in the ledger and in the %s table',
  async (twin) => {
    const {
      [twin]: { client },
    } = await maker.make();
    const outcomes = new Map<string, number>();
    const property = fc.asyncProperty(
      beginnings,
      fc.array(steps, { minLength: 10, maxLength: 30 }),
      async (beginning, history) => {
        const row = beginning && stockRowSchema.parse(beginning);
        const ledger = row === undefined ? {} : { [own]: row };
        const world: World = { ledger, seen: row?.keys ?? {}, nowMs: hourMs, keys: 0 };
        const stock = {
          [rowAttribute(own)]: beginning,
          [rightsAttribute(own)]: rightsOf(ledger, own),
        };
        await client.send(new PutCommand({ TableName, Item: { ...Key, ...(beginning && stock) } }));
        for (const one of history) {
          const change = changeOf(one, world);
          // DynamoDB has nothing to give copies back to where there is no row.
          if (row === undefined && one.kind === 'give back') continue;
          const after = applyChange(world.ledger, own, change);
          const isDone = await update(client, change);
          expect(isDone).toBe(after !== undefined);
          if (after !== undefined) world.ledger = after;
          expect(await stockIn(client)).toEqual({
            row: world.ledger[own],
            rights: row && rightsOf(world.ledger, own),
          });
          const outcome = `${one.kind} ${isDone ? 'done' : 'refused'}`;
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      },
    );
    await fc.assert(property, parametersOf({ numRuns: 40 }));
    expect([...outcomes.keys()].sort()).toEqual([
      'give back done',
      'move done',
      'move refused',
      'restock done',
      'restock refused',
      'sell done',
      'sell refused',
      'write off done',
      'write off refused',
    ]);
  },
);
