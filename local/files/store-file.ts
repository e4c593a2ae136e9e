import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import type { ProcessId } from '../../tools/processes/process-table.js';

/** Raised when a folder of the former kind can no longer be read. */
export const formatVersion = 1;

const emulatorKinds = ['dynoxide', 'ministack'] as const;
export type EmulatorKind = (typeof emulatorKinds)[number];

export const storeSchema = z.object({
  format: z.literal('bazar'),
  version: z.literal(formatVersion),
  /** Where the data came from: each replica site, and the region of the front end. */
  sites: z.array(z.string()).min(1),
  front: z.string(),
  /** Which emulator of DynamoDB the data are of. */
  emulator: z.enum(emulatorKinds).default('dynoxide'),
  /** The databases that hold tables: from then on they have to be there. */
  databases: z.array(z.string()),
  /** Whether the first books are in the catalogue. */
  seeded: z.boolean(),
  orderSecret: z.string().min(1),
  /** Made here, for the runs in which ADMIN_TOKEN is not set. */
  generatedAdminToken: z.string().min(1),
  /** The one that counts in the latest run. */
  adminToken: z.string().min(1),
  /** The API's port in the latest run. */
  port: z.int().positive(),
  /** The port of each other part in the latest run. */
  ports: z.record(z.string(), z.int().positive()),
  /** What the functions find in their environment, beside what the services configure. */
  environment: z.record(z.string(), z.string()),
});

export type Store = z.infer<typeof storeSchema>;

export interface PartEntry extends ProcessId {
  readonly port?: number;
}

/** The processes of a run, by part; `store` is the one that looks after the others. */
export type Parts = Readonly<Record<string, PartEntry>>;

/** Undefined where there is no file, or what it holds is not JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Replaces a file as a whole; whoever reads it meanwhile sees the old one or the new one. */
export function writeJson(path: string, content: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
