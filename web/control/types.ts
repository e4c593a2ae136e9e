/** What the API answers to an administrator, and what the lab does: their own types. */
import type * as z from 'zod';
import type * as schemas from '../../lib/http/schemas.js';
import type { LabState } from '../../local/lab/server.js';

export type { Database } from '../../local/lab/switches.js';
export type { Network } from '../../local/processes/paths.js';
export type { LabState };
export type LabRegion = LabState['regions'][number];
export type LabRun = NonNullable<LabState['run']>;

export type NewBook = z.infer<typeof schemas.newBookBody>;
export type StoreStatus = Readonly<z.infer<typeof schemas.statusSchema>>;
export type RegionStatus = StoreStatus['regions'][number];
export type QueueStatus = StoreStatus['queues'][number];
/** What a region's own table says of a book; without figures where it does not answer or know the book. */
export type ReplicaRow = z.infer<typeof schemas.replicasSchema>['replicas'][number];
