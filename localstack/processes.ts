/** The process of an emulator, with the folder that is its own. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { CommandError } from '../tools/terminal/command-error.js';
import { findProcess, isRunning, killGroup } from '../tools/processes/process-table.js';
import { installPythonTool } from '../tools/emulators/python-tool.js';
import { kindNames, kinds, type KindName } from './kinds.js';

export const processSchema = z.object({
  kind: z.enum(kindNames),
  pid: z.number(),
  startedAt: z.string(),
  port: z.number(),
  /**
   * Of its own: what the emulator leaves there goes with it. Outside the project, where a function
   * would find the project's package.json and node_modules, which it doesn't have on AWS.
   */
  tempDir: z.string(),
});
export type EmulatorProcess = Readonly<z.infer<typeof processSchema>>;

export interface EmulatorOptions {
  readonly kind: KindName;
  readonly port: number;
  /** Takes what the emulator prints; made anew. */
  readonly logFile: string;
  /** More arguments of the emulator's own. */
  readonly more?: readonly string[];
}

const startTimeoutMs = 60_000;
const endingTimeMs = 5000;
const checkIntervalMs = 50;

export const urlOf = ({ port }: Pick<EmulatorProcess, 'port'>): string =>
  `http://127.0.0.1:${port}`;

/**
 * Starts an emulator, which goes on when this process ends.
 *
 * @throws CommandError where it can't be installed or started.
 */
export async function spawnEmulator(options: EmulatorOptions): Promise<EmulatorProcess> {
  const { kind, port, logFile, more = [] } = options;
  const { tool, ...start } = kinds[kind];
  const bin = await installPythonTool(tool);
  mkdirSync(dirname(logFile), { recursive: true });
  const tempDir = mkdtempSync(join(tmpdir(), 'bazar-emulator-'));
  const log = openSync(logFile, 'w');
  try {
    const args = [...start.arguments({ port, tempDir }), ...more];
    const child = spawn(join(bin, 'python'), args, {
      cwd: tempDir,
      // Nothing else of this environment: the functions that the emulator runs would inherit it.
      env: { PATH: process.env['PATH'], HOME: tempDir, ...start.environment({ port, tempDir }) },
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.on('error', () => {});
    child.unref();
    const { pid } = child;
    const startedAt = pid === undefined ? undefined : findProcess(pid)?.startedAt;
    if (pid === undefined || startedAt === undefined) throw didNotStart(logFile);
    return { kind, pid, startedAt, port, tempDir };
  } catch (error) {
    rmSync(tempDir, { recursive: true, force: true });
    throw error;
  } finally {
    closeSync(log);
  }
}

/**
 * Waits until an emulator answers.
 *
 * @throws CommandError where it doesn't; it is then ended.
 */
export async function untilUp(emulator: EmulatorProcess, logFile: string): Promise<void> {
  const healthUrl = urlOf(emulator) + kinds[emulator.kind].healthPath;
  const deadline = Date.now() + startTimeoutMs;
  while (!(await isWell(healthUrl))) {
    if (!isRunning(emulator) || Date.now() > deadline) {
      await endEmulator(emulator);
      throw didNotStart(logFile);
    }
    await sleep(checkIntervalMs);
  }
}

/**
 * Ends an emulator, the functions that it runs, and all that it kept on disk but its log.
 *
 * @returns whether it was running.
 */
export async function endEmulator(emulator: EmulatorProcess): Promise<boolean> {
  const wasRunning = isRunning(emulator);
  if (wasRunning) {
    process.kill(emulator.pid, 'SIGTERM');
    const deadline = Date.now() + endingTimeMs;
    while (isRunning(emulator)) {
      if (Date.now() > deadline) killGroup(emulator.pid);
      await sleep(checkIntervalMs);
    }
    // Workers that outlive it are in its group.
    killGroup(emulator.pid);
  }
  rmSync(emulator.tempDir, { recursive: true, force: true });
  return wasRunning;
}

async function isWell(healthUrl: string): Promise<boolean> {
  try {
    const response = await fetch(healthUrl, { signal: AbortSignal.timeout(2000) });
    return response.ok;
  } catch {
    return false;
  }
}

function didNotStart(logFile: string): CommandError {
  const lastLine = readFileSync(logFile, 'utf8').trim().split('\n').at(-1) ?? '';
  const log = relative(process.cwd(), logFile);
  return new CommandError(`the emulator does not start: ${lastLine} (see ${log})`);
}
