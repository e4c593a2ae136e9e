/** What the commands that speak to a store have in common: which store is meant, and its token. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { CommandError } from '../tools/terminal/command-error.js';
import type { ApiClient } from './api-client.js';

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
