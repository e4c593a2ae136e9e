/**
 * Each region writes a heartbeat that is replicated like any change: its age elsewhere is the
 * replication lag, its absence the sign that a region is gone.
 */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { batchGet } from '../dynamodb/batch-get.js';
import { ifConditionHolds } from '../dynamodb/conditional-write.js';
import { compares, either, Expression, isNotThere } from '../dynamodb/expression.js';
import { readEach } from '../dynamodb/read-item.js';
import type { Scope } from './change-entry.js';
import type { Replica } from './replica.js';
import type { Region } from '../rules/sites.js';
import type { System } from '../system.js';

const prefix = 'heartbeat#';

/** What a newer version added is kept (design V6). */
export const heartbeatSchema = z.looseObject({
  region: z.string(),
  /** Milliseconds since the epoch. */
  beatAt: z.number(),
});

export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const isHeartbeatItem = (item: Record<string, unknown>): boolean =>
  String(item['id']).startsWith(prefix);

/** @throws ZodError where the item is not a heartbeat's. */
export function heartbeatOf(item: Readonly<Record<string, unknown>>): Heartbeat {
  const { id: _id, scope: _scope, ...heartbeat } = item;
  return heartbeatSchema.parse(heartbeat);
}

/** Writes this region's own heartbeat. @throws UnavailableError */
export const beat = (replica: Replica, system: System): Promise<void> =>
  put(replica, { region: replica.region, beatAt: system.now() }, 'local');

/** Joins another region's heartbeat, unless a newer one is here. @throws UnavailableError */
export const joinHeartbeat = (replica: Replica, heartbeat: Heartbeat): Promise<void> =>
  put(replica, heartbeat, 'merged');

async function put(replica: Replica, heartbeat: Heartbeat, scope: Scope): Promise<void> {
  const isNews = either(isNotThere('id'), compares('beatAt', '<', heartbeat.beatAt));
  await ifConditionHolds(
    replica.link.write(
      new PutCommand({
        TableName: replica.catalog.name,
        Item: { ...heartbeat, id: `${prefix}${heartbeat.region}`, scope },
        ...new Expression().require(isNews).toCondition(),
      }),
    ),
  );
}

/**
 * When each region last beat, as far as `replica` has heard; milliseconds since the epoch.
 *
 * @throws UnavailableError
 */
export async function readHeartbeats(
  replica: Replica,
  system: System,
  regions: readonly Region[],
): Promise<Map<Region, number>> {
  const table = replica.catalog.name;
  const found = await batchGet(replica.link, system, {
    [table]: regions.map((region) => ({ id: `${prefix}${region}` })),
  });
  const heartbeats = readEach(replica.link.where, found[table] ?? [], heartbeatOf);
  return new Map(heartbeats.rows.map(({ region, beatAt }) => [region, beatAt]));
}
