import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { CommandError } from '../../tools/terminal/command-error.js';
import { findProcess, killGroup } from '../../tools/processes/process-table.js';
import { projectDir } from '../../tools/project.js';
import type { Parts } from '../files/store-file.js';
import type { Watchdog } from './watchdog.js';

/** A process of the store, and how it is told that it works. */
export interface Part {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly port?: number;
  /** Whether it says `ready` itself, over Node's channel between processes. */
  readonly hasChannel: boolean;
  readonly logFile: string;
  /** Resolves when it does its work; the signal aborts when it ended before. */
  untilReady(child: ChildProcess, signal: AbortSignal): Promise<unknown>;
  /** Makes again what it kept in memory only. */
  afterRestart?(): Promise<void>;
  /** Whether the store can't go on without what it kept in memory. */
  readonly isLostWhenEnded?: true;
  /** How long it may take to end in order. */
  readonly endingTimeMs?: number;
}

export interface Supervisor {
  /** Starts a part, and starts it again whenever it ends; resolves when it is ready. */
  start(part: Part): Promise<void>;
  /**
   * Ends parts in an orderly way; those that don't end in time are killed. No part is started any
   * more from then on.
   */
  stop(isStopped: (name: string) => boolean): Promise<void>;
  /** Kills a part, and starts it again only when it is revived. */
  kill(name: string): Promise<void>;
  /** Starts a part that was killed; resolves when it is ready. */
  revive(name: string): Promise<void>;
  /** Stops a part where it is, so that it answers nobody. */
  freeze(name: string): void;
  /** Lets a part go on that was frozen. */
  thaw(name: string): void;
}

interface SupervisorOptions {
  readonly watchdog: Watchdog;
  /** Told of every change of the processes. */
  readonly onParts: (parts: Parts) => void;
  /** Told, in a line, of what happened to a part. */
  readonly onNews: (line: string) => void;
  /** Told when a part can't be kept up. */
  readonly onFailure: (failure: CommandError) => void;
}

const mostRestarts = 5;
const restartWindowMs = 60_000;
const endingTimeMs = 5000;
const lastLines = 20;

interface Running {
  readonly part: Part;
  readonly child: ChildProcess;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { watchdog, onParts, onNews, onFailure } = options;
  const running = new Map<string, Running>();
  const wasReady = new Set<string>();
  /** What was killed on purpose. */
  const killed = new Map<string, Part>();
  let isStopping = false;

  async function start(part: Part): Promise<void> {
    if (isStopping) throw new CommandError(`${part.name} is not started: the store ends`);
    writeFileSync(part.logFile, '');
    const child = run(part, []);
    await untilReady(part, child);
  }

  /** @param restarts When it was started again, in milliseconds since the epoch. */
  function run(part: Part, restarts: readonly number[]): ChildProcess {
    const log = openSync(part.logFile, 'a');
    const child = spawn(part.command, part.args, {
      cwd: projectDir,
      env: part.env,
      // A group of its own: Ctrl-C goes to the store alone, which then ends its parts in order.
      detached: true,
      stdio: ['ignore', log, log, ...(part.hasChannel ? ['ipc' as const] : [])],
    });
    closeSync(log);
    const { pid } = child;
    if (pid !== undefined) watchdog.guard(pid);
    running.set(part.name, { part, child });
    tellParts();
    child.once('error', () => {});
    child.once('exit', (code, signal) => {
      if (pid !== undefined) watchdog.unguard(pid);
      if (running.get(part.name)?.child !== child) return;
      running.delete(part.name);
      tellParts();
      if (!isStopping && !killed.has(part.name)) {
        void restart(part, restarts, signal ? `by ${signal}` : `with exit code ${code}`);
      }
    });
    return child;
  }

  async function restart(part: Part, restarts: readonly number[], how: string): Promise<void> {
    const now = Date.now();
    const recent = restarts.filter((time) => time > now - restartWindowMs);
    if (!wasReady.has(part.name)) return;
    const giveUp = (reason: string): void =>
      onFailure(new CommandError(`${part.name} ended ${reason}${endOfLog(part)}`));
    if (part.isLostWhenEnded) return giveUp(`${how}, and with it what was written in this run`);
    if (recent.length >= mostRestarts) {
      return giveUp(`${recent.length + 1} times within a minute, at last ${how}`);
    }
    onNews(`${part.name} ended ${how} and is started again`);
    const child = run(part, [...recent, now]);
    try {
      await untilReady(part, child);
      await part.afterRestart?.();
    } catch (error) {
      // Its next end is dealt with by itself.
      if (child.exitCode === null && child.signalCode === null && !isStopping) {
        onFailure(new CommandError(`${part.name}: ${(error as Error).message}`));
      }
    }
  }

  async function untilReady(part: Part, child: ChildProcess): Promise<void> {
    const ended = new AbortController();
    child.once('exit', (code, signal) => ended.abort(signal ?? `exit code ${code}`));
    child.once('error', (error) => ended.abort(error.message));
    if (!ended.signal.aborted) {
      await Promise.race([part.untilReady(child, ended.signal), once(ended.signal, 'abort')]).catch(
        (error: unknown) => {
          if (!ended.signal.aborted) throw error;
        },
      );
    }
    if (ended.signal.aborted) {
      throw new CommandError(
        `${part.name} ended (${String(ended.signal.reason)})${endOfLog(part)}`,
      );
    }
    wasReady.add(part.name);
  }

  async function stop(isStopped: (name: string) => boolean): Promise<void> {
    isStopping = true;
    const stopped = [...running.values()].filter(({ part }) => isStopped(part.name));
    await Promise.all(stopped.map(end));
  }

  async function kill(name: string): Promise<void> {
    const { part, child } = running.get(name) ?? {};
    if (part === undefined || child?.pid === undefined) return;
    killed.set(name, part);
    const exited = once(child, 'exit');
    killGroup(child.pid);
    await exited;
  }

  async function revive(name: string): Promise<void> {
    const part = killed.get(name);
    if (part === undefined || isStopping) return;
    killed.delete(name);
    await untilReady(part, run(part, []));
    await part.afterRestart?.();
  }

  const signal = (name: string, sent: NodeJS.Signals): void => {
    running.get(name)?.child.kill(sent);
  };

  function tellParts(): void {
    const entries = [...running.values()].flatMap(({ part, child: { pid } }) => {
      const startedAt = pid === undefined ? undefined : findProcess(pid)?.startedAt;
      if (pid === undefined || startedAt === undefined) return [];
      return [[part.name, { pid, startedAt, ...(part.port && { port: part.port }) }] as const];
    });
    onParts(Object.fromEntries(entries));
  }

  return {
    start,
    stop,
    kill,
    revive,
    freeze: (name) => signal(name, 'SIGSTOP'),
    thaw: (name) => signal(name, 'SIGCONT'),
  };
}

async function end({ part, child }: Running): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  // A process that was stopped hears of it only when it goes on.
  child.kill('SIGCONT');
  const timer = setTimeout(() => killGroup(pid), part.endingTimeMs ?? endingTimeMs);
  await exited;
  clearTimeout(timer);
}

function endOfLog({ logFile }: Part): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lastLines);
  const text = lines.join('\n').trim();
  return text === '' ? '' : `; the end of ${logFile}:\n${text}`;
}
