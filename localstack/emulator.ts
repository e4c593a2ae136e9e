/** The emulator that `npm run localstack:up` keeps in the background. */
import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { CommandError } from '../cli/command.js';
import { projectDir } from '../local/project.js';
import { findProcess } from '../local/process-table.js';
import { pythonTool } from '../tools/python-tool.js';

const folder = join(projectDir, '.build/localstack');
const stateFile = join(folder, 'emulator.json');
const logFile = join(folder, 'ministack.log');

const stateSchema = z.object({
  pid: z.number(),
  startedAt: z.string(),
  port: z.number(),
  /**
   * Of its own: what the emulator leaves there goes with it. Outside the project, where a function
   * would find the project's package.json and node_modules, which it doesn't have on AWS.
   */
  tempDir: z.string(),
});
type State = z.infer<typeof stateSchema>;

const startTimeoutMs = 60_000;
const endingTimeMs = 5000;
const checkIntervalMs = 50;

export interface Emulator {
  readonly pid: number;
  readonly url: string;
}

/** The emulator that runs, if one does. */
export function findEmulator(): Emulator | undefined {
  const state = readState();
  // The number may belong to another process by now.
  const isRunning = state && findProcess(state.pid)?.startedAt === state.startedAt;
  return isRunning ? { pid: state.pid, url: urlOf(state.port) } : undefined;
}

/**
 * Starts MiniStack in the background and waits until it answers.
 *
 * @throws CommandError where it can't be installed or doesn't start.
 */
export async function startEmulator(port: number): Promise<Emulator> {
  const bin = await pythonTool('ministack', join(import.meta.dirname, 'requirements.txt')).catch(
    (error: Error) => {
      throw new CommandError(error.message);
    },
  );
  // What one left that was killed.
  await stopEmulator();
  mkdirSync(folder, { recursive: true });
  const tempDir = mkdtempSync(join(tmpdir(), 'bazar-emulator-'));
  const log = openSync(logFile, 'w');
  const child = spawn(join(bin, 'python'), [join(import.meta.dirname, 'ministack_adapter.py')], {
    cwd: folder,
    // Nothing else of this environment: the functions that the emulator runs would inherit it.
    env: {
      PATH: process.env['PATH'],
      HOME: tempDir,
      TMPDIR: tempDir,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      // In the URLs of queues; the AWS SDK prefers the host that it was told.
      MINISTACK_HOST: '127.0.0.1',
      // Roles and policies are enforced.
      AUTH: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.on('error', () => {});
  child.unref();
  const { pid } = child;
  const startedAt = pid === undefined ? undefined : findProcess(pid)?.startedAt;
  if (pid === undefined || startedAt === undefined) {
    rmSync(tempDir, { recursive: true, force: true });
    throw didNotStart();
  }
  const state: State = { pid, startedAt, port, tempDir };
  writeFileSync(stateFile, JSON.stringify(state));

  const deadline = Date.now() + startTimeoutMs;
  while (!(await isWell(urlOf(port)))) {
    if (findEmulator() === undefined || Date.now() > deadline) {
      await stopEmulator();
      throw didNotStart();
    }
    await sleep(checkIntervalMs);
  }
  return { pid, url: urlOf(port) };
}

/**
 * Ends the emulator, the functions that it runs, and all that it kept on disk but its log.
 *
 * @returns whether it was running.
 */
export async function stopEmulator(): Promise<boolean> {
  const emulator = findEmulator();
  if (emulator) {
    process.kill(emulator.pid, 'SIGTERM');
    const deadline = Date.now() + endingTimeMs;
    while (findEmulator() !== undefined) {
      if (Date.now() > deadline) killGroup(emulator.pid);
      await sleep(checkIntervalMs);
    }
    // Workers that outlive it are in its group.
    killGroup(emulator.pid);
  }
  const { tempDir } = readState() ?? {};
  if (tempDir !== undefined) rmSync(tempDir, { recursive: true, force: true });
  rmSync(stateFile, { force: true });
  return emulator !== undefined;
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

function readState(): State | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(stateFile, 'utf8')));
  } catch {
    return undefined;
  }
}

async function isWell(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2000);
    const response = await fetch(`${url}/_ministack/health`, { signal });
    return response.ok;
  } catch {
    return false;
  }
}

function didNotStart(): CommandError {
  const log = relative(process.cwd(), logFile);
  return new CommandError(`the emulator does not start: see the end of ${log}`);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
