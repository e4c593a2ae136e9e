/** The whole store in processes of its own, as `npm start` runs it, on free ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partsFile, storeFile } from './files/data-files.js';
import { isRunning } from '../tools/processes/process-table.js';
import { projectDir } from '../tools/project.js';
import { readJson, type PartEntry, type Parts, type Store } from './files/store-file.js';
import { eventually } from '../tools/eventually.js';

export interface StoreSetting {
  /** The replica regions; by default those of the configuration. */
  readonly regions?: readonly string[];
  /** What the store finds in its environment beside that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of the caller's, which it has to delete itself. */
  readonly dataDir?: string;
  readonly options?: readonly string[];
}

export interface RunningStore {
  readonly url: string;
  readonly adminToken: string;
  readonly dataDir: string;
  /** The store's own process. */
  readonly pid: number;
  /** Everything that it printed. */
  output(): string;
  /** The processes at this moment: `api`, `messaging`, `database-REGION`, `worker-REGION`, … */
  parts(): Parts;
  /** One of them. Throws where it isn't running. */
  part(name: string): PartEntry;
  /** Ends the store in order, and deletes its folder, unless it is the caller's. */
  stop(): Promise<{ exitCode: number | null }>;
  /** Kills the store's own process, and waits until every part is gone. The folder stays. */
  kill9(): Promise<void>;
  /** Resolves with the exit code when the store ended by itself. */
  ended: Promise<number | null>;
}

export const startScript: string = join(projectDir, 'local/start.ts');

/** This process's environment without what a store would take from it. */
export function storeEnvironment(env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { ADMIN_TOKEN: _token, NODE_OPTIONS: _options, ...inherited } = process.env;
  return { ...inherited, ...env };
}

export const makeDataDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'bazar-test-'));

/** Starts a store; resolves when it is ready. Rejects with what it printed if it ends instead. */
export async function startStore(setting: StoreSetting = {}): Promise<RunningStore> {
  const dataDir = setting.dataDir ?? (await makeDataDir());
  const options = [
    '--port',
    '0',
    '--data',
    dataDir,
    ...(setting.regions ? ['--regions', setting.regions.join(',')] : []),
    ...(setting.options ?? []),
  ];
  const child = spawn(process.execPath, ['--import', 'tsx', startScript, ...options], {
    cwd: projectDir,
    env: storeEnvironment(setting.env),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = collectOutput(child);
  const ended = once(child, 'exit').then(([exitCode]) => exitCode as number | null);
  const ready = once(child, 'message').then(() => true);
  if (!(await Promise.race([ready, ended.then(() => false)]))) {
    throw new Error(`the store did not start: ${output()}`);
  }
  const { port, adminToken } = readJson(storeFile(dataDir)) as Store;
  const parts = () => (readJson(partsFile(dataDir)) ?? {}) as Parts;
  return {
    url: `http://127.0.0.1:${port}`,
    adminToken,
    dataDir,
    pid: child.pid as number,
    output,
    parts,
    part: (name) => {
      const part = parts()[name];
      if (!part) throw new Error(`${name} is not running`);
      return part;
    },
    ended,
    async stop() {
      child.kill('SIGTERM');
      const exitCode = await ended;
      if (setting.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
      return { exitCode };
    },
    async kill9() {
      const running = parts();
      child.kill('SIGKILL');
      await ended;
      await untilGone(running);
    },
  };
}

/** Waits until none of these processes is left. */
export const untilGone = (parts: Parts): Promise<void> =>
  eventually(
    () => {
      const left = Object.keys(parts).filter((name) => isRunning(parts[name] as PartEntry));
      if (left.length > 0) throw new Error(`still running: ${left.join(', ')}`);
    },
    { deadlineMs: 10_000 },
  );

/** What a process prints, as it goes on. */
export function collectOutput({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  return () => text;
}
