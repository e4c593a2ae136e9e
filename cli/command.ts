/** What the commands have in common: options, one-line failures, Ctrl-C. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { StoreUnreachableError, type ApiClient } from './api-client.js';

/** Ends a command with its message as the only line and exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

export interface StoreOptions {
  readonly url: string;
  readonly token?: string;
}

/** A command with the options that say which store is meant. */
export function storeCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .usage('-- [options]')
    .option('--url <URL>', 'where the store answers', storeUrl, 'http://localhost:3000')
    .option(
      '--token <TOKEN>',
      'admin token (default: ADMIN_TOKEN, or that of the store in BAZAR_DATA or .bazar)',
    )
    .showSuggestionAfterError(false)
    .allowExcessArguments(false);
}

/** Runs the command's action; a failure that a user can act on becomes one line on stderr. */
export async function runCommand(command: Command): Promise<void> {
  try {
    await command.parseAsync();
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof StoreUnreachableError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}

/** An option's parser: a whole number within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** An option's parser: the address of a store, without a slash at its end. */
export function storeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && !url.username && !url.password && !url.search && !url.hash;
  if (isPlain && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, '');
  throw new InvalidArgumentError('It must be an address such as http://localhost:3000.');
}

/**
 * The admin token: from the option, the environment, or the data folder of an embedded store.
 * @throws CommandError where there is none, or one that no header can carry.
 */
export async function findToken(option: string | undefined): Promise<string> {
  const token = option ?? process.env['ADMIN_TOKEN'] ?? (await storedToken());
  if (!/^[\u0021-\u007e]+$/.test(token)) {
    throw new CommandError('the admin token must consist of visible ASCII characters');
  }
  return token;
}

const storeFile = z.object({ adminToken: z.string() });

async function storedToken(): Promise<string> {
  const path = join(process.env['BAZAR_DATA'] ?? '.bazar', 'store.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const stored = storeFile.safeParse(parseJson(text));
  if (stored.success) return stored.data.adminToken;
  throw new CommandError(`no admin token in ${path}: give --token or set ADMIN_TOKEN`);
}

function parseJson(text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Makes sure that a store answers at the client's URL before any work is begun.
 * @throws CommandError where something else answers, StoreUnreachableError where nothing does.
 */
export async function greetStore(api: ApiClient): Promise<void> {
  const { status, body } = await api.sendOnce({ path: '/health' });
  const isStore = (status === 200 || status === 503) && typeof body === 'object';
  if (isStore) return;
  throw new CommandError(`${api.url} is not a Bazar store (GET /health answered ${status})`);
}

export interface Interruption {
  readonly signal: AbortSignal;
  /** What a shell expects after the signal that was caught; undefined while none was. */
  exitCode(): number | undefined;
}

/** npm and tsx may pass one Ctrl-C on several times. */
const sameInterruptionMs = 500;

/** Turns the first Ctrl-C or SIGTERM into an abort; the second ends the process at once. */
export function catchInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let caughtAtMs = 0;
  const interrupt = (code: number) => () => {
    if (exitCode !== undefined) {
      if (performance.now() - caughtAtMs > sameInterruptionMs) process.exit(code);
      return;
    }
    exitCode = code;
    caughtAtMs = performance.now();
    controller.abort(new Error('interrupted'));
  };
  process.on('SIGINT', interrupt(130)).on('SIGTERM', interrupt(143));
  return { signal: controller.signal, exitCode: () => exitCode };
}
