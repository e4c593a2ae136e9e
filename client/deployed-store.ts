/** What the commands that test a running store have in common: where it answers, and its token. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { createApiClient } from './api-client.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { greetStore, storeUrl } from './store-command.js';

export interface DeployedStoreOptions {
  readonly endpoint?: string[];
  readonly tokenFile?: string;
}

/** Where the tests find the admin token: an argument could be read by every user of the machine. */
export const tokenVariable = 'BAZAR_ADMIN_TOKEN';
/** Where they find the front ends' URLs, with a space between. */
export const endpointsVariable = 'BAZAR_TEST_ENDPOINTS';
export const concurrencyVariable = 'BAZAR_TEST_CONCURRENCY';

/** A command with the options that say which store is meant. */
export const deployedStoreCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .usage('-- [options]')
    .option('--endpoint <URL...>', 'where the front ends of the store answer', collectUrls)
    .option(
      '--token-file <FILE>',
      `holds the admin token (default: ${tokenVariable} or ADMIN_TOKEN of the environment)`,
    )
    .showSuggestionAfterError(false)
    .allowExcessArguments(false);

const collectUrls = (text: string, urls: string[] = []): string[] => [...urls, storeUrl(text)];

/**
 * The admin token, of which each front end was asked whether it is the store's.
 *
 * @throws CommandError where there is none or it is wrong, StoreUnreachableError where nothing
 * answers.
 */
export async function checkedToken(
  endpoints: readonly string[],
  tokenFile: string | undefined,
): Promise<string> {
  const token = await readToken(tokenFile);
  for (const url of endpoints) {
    const api = createApiClient({ url, token });
    await greetStore(api);
    const { status } = await api.send({ path: '/orders?limit=1' });
    if (status === 401) throw new CommandError(`the admin token is not that of ${url}`);
  }
  return token;
}

async function readToken(tokenFile: string | undefined): Promise<string> {
  const token =
    tokenFile === undefined
      ? process.env[tokenVariable] || process.env['ADMIN_TOKEN'] || ''
      : await readFile(tokenFile, 'utf8').catch(() => {
          throw new CommandError(`${tokenFile} cannot be read`);
        });
  if (token.trim() !== '') return token.trim();
  throw new CommandError(`no admin token: set ${tokenVariable}, or give --token-file`);
}
