/** What the API answers to an administrator (docs/openapi.yaml), and what the lab does (local/lab). */

export interface RegionStatus {
  readonly region: string;
  readonly reachable: boolean;
  /** By other region: how far this one is behind it, by that one's heartbeat; null: never heard of. */
  readonly behindMs: Readonly<Record<string, number | null>>;
}

export interface QueueStatus {
  readonly region: string;
  readonly name: string;
  readonly isDeadLetter: boolean;
  readonly depth: { readonly waiting: number; readonly inHand: number } | null;
}

export interface StoreStatus {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly cache: { readonly reachable: boolean };
  /** Of the front end. */
  readonly region: string;
  readonly regions: readonly RegionStatus[];
  readonly queues: readonly QueueStatus[];
  readonly lab?: string;
}

/** What a region's own table says of a book; without figures where it does not answer or know the book. */
export interface ReplicaRow {
  readonly region: string;
  readonly site: string;
  readonly reachable: boolean;
  readonly stock?: number;
  readonly rights?: number;
  readonly stocked?: number;
  readonly sold?: number;
  readonly writtenOff?: number;
  readonly seq?: number;
}

export type Database = 'up' | 'hung' | 'killed';
export type Network = 'open' | 'slow' | 'cut';

export interface LabRegion {
  readonly region: string;
  readonly database: Database;
  readonly network: Network;
}

export interface LabRun {
  readonly buyers: number;
  readonly copies: number;
  readonly bookId: number;
  readonly phase: 'selling' | 'meeting' | 'met' | 'stopped';
  readonly elapsedMs: number;
  readonly arrived: number;
  readonly sold: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly left: number | null;
  readonly equation: 'open' | 'holds' | 'broken';
  readonly contradictions: readonly string[];
  readonly lastWriterWins: { readonly sold: number; readonly refused: number };
}

export interface LabState {
  readonly regions: readonly LabRegion[];
  readonly hasDatabaseSwitches: boolean;
  readonly run?: LabRun;
}
