/**
 * Each region writes a heartbeat that is replicated like any change: its age elsewhere is the
 * replication lag, its absence the sign that a region is gone.
 */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { batchGet } from '../aws/batch-get.js';
import { ConditionFailedError } from '../errors.js';
import type { Replica } from '../replica/replica.js';
import type { Region } from '../sites.js';
import type { System } from '../system.js';
import type { Scope } from './messages.js';

const prefix = 'heartbeat#';

const heartbeatSchema = z.object({ region: z.string(), beatAt: z.number() });

export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const isHeartbeatItem = (item: Record<string, unknown>): boolean =>
  String(item['id']).startsWith(prefix);

export const heartbeatOf = (item: Record<string, unknown>): Heartbeat =>
  heartbeatSchema.parse(item);

/** Writes this region's own heartbeat. @throws UnavailableError */
export const beat = (replica: Replica, system: System): Promise<void> =>
  put(replica, { region: replica.region, beatAt: system.now() }, 'local');

/** Takes up another region's heartbeat, unless a newer one is here. @throws UnavailableError */
export const joinHeartbeat = (replica: Replica, heartbeat: Heartbeat): Promise<void> =>
  put(replica, heartbeat, 'merged');

async function put(replica: Replica, heartbeat: Heartbeat, scope: Scope): Promise<void> {
  try {
    await replica.link.write(
      new PutCommand({
        TableName: replica.catalog.name,
        Item: { id: `${prefix}${heartbeat.region}`, ...heartbeat, scope },
        ConditionExpression: 'attribute_not_exists(id) OR beatAt < :beatAt',
        ExpressionAttributeValues: { ':beatAt': heartbeat.beatAt },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
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
  const heartbeats = (found[table] ?? []).map(heartbeatOf);
  return new Map(heartbeats.map(({ region, beatAt }) => [region, beatAt]));
}
