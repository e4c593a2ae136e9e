/** The emulator that `npm run localstack:up` keeps in the background. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from '../tools/project.js';
import type { KindName } from './kinds.js';
import { isRunning } from '../tools/processes/process-table.js';
import {
  endEmulator,
  processSchema,
  spawnEmulator,
  untilUp,
  urlOf,
  type EmulatorProcess,
} from './processes.js';

const folder = join(projectDir, '.build/localstack');
const stateFile = join(folder, 'emulator.json');

/** The emulator that runs, if one does. */
export function findEmulator(): (EmulatorProcess & { readonly url: string }) | undefined {
  const state = readState();
  return state && isRunning(state) ? { ...state, url: urlOf(state) } : undefined;
}

/**
 * Starts an emulator in the background and waits until it answers.
 *
 * @throws CommandError where it can't be installed or doesn't start.
 */
export async function startEmulator(kind: KindName, port: number): Promise<EmulatorProcess> {
  // What one left that was killed.
  await stopEmulator();
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, `${kind}.log`);
  const emulator = await spawnEmulator({ kind, port, logFile });
  writeFileSync(stateFile, JSON.stringify(emulator));
  await untilUp(emulator, logFile);
  return emulator;
}

/**
 * Ends the emulator, the functions that it runs, and all that it kept on disk but its log.
 *
 * @returns whether it was running.
 */
export async function stopEmulator(): Promise<boolean> {
  const state = readState();
  const wasRunning = state !== undefined && (await endEmulator(state));
  rmSync(stateFile, { force: true });
  return wasRunning;
}

function readState(): EmulatorProcess | undefined {
  try {
    return processSchema.parse(JSON.parse(readFileSync(stateFile, 'utf8')));
  } catch {
    return undefined;
  }
}
