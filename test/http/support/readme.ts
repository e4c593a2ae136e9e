/** A reader of README.md, who tries each command that one pastes into a shell, as it stands there, on a store. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from '@jest/globals';
import { readSeed } from '../../../client/seed.js';
import { eventually } from '../../../tools/eventually.js';
import { projectDir } from '../../../tools/project.js';
import { asBook, clientOf, type Client } from './client.js';
import { stockOf } from './purchases.js';

/** Brings the books that the README speaks of to what they were, where others have been at them. */
async function stockAnew(client: Client): Promise<void> {
  for (const { id, stock, ...fields } of readSeed()) {
    await client.admin(`/books/${id}`, { method: 'PATCH', body: fields });
    const left = await stockOf(client, id);
    if (left < stock) {
      const body = { quantity: stock - left };
      asBook(await client.admin(`/books/${id}/restock`, { method: 'POST', body }));
    }
    await eventually(async () => {
      const surplus = (await stockOf(client, id)) - stock;
      if (surplus > 0) await client.buy(id, { quantity: Math.min(surplus, 100) });
      expect(surplus).toBe(0);
    });
  }
}

/** Runs each line of the README: the store must answer in the way that is shown there. */
export async function expectReadme(url: string, adminToken: string): Promise<void> {
  await stockAnew(clientOf({ url, adminToken }));
  const run = readmeReader(url, adminToken);
  let calls = 0;
  for (const command of readmeCommands()) {
    const printed = await run(command);
    if (printed === undefined) continue;
    calls += 1;
    const { line, shown } = command;
    const [, problem = ''] = /"type":"(urn:bazar:problem:[a-z-]+)"/.exec(shown) ?? [];
    const [, status] = /"status":(\d+)/.exec(shown) ?? [];
    const expected = status === undefined ? [200, 201] : [Number(status)];
    expect({ line, ...printed, isExpected: expected.includes(printed.status) }).toEqual({
      line,
      status: printed.status,
      text: expect.stringContaining(problem),
      isExpected: true,
    });
  }
  expect(calls).toBeGreaterThan(7);
}

interface ReadmeCommand {
  /** Of the shell: `curl …`, or `NAME=…`. */
  readonly line: string;
  /** What the README shows that it prints; empty where it shows nothing. */
  readonly shown: string;
}

/** Where the README's lines find the store. */
const addressInReadme = 'localhost:3000';

/** Every line of the README that calls the API, and every one that sets what such a line uses. */
function readmeCommands(): ReadmeCommand[] {
  const readme = readFileSync(join(projectDir, 'README.md'), 'utf8');
  const blocks = readme.matchAll(/^```(?<language>console|sh)\n(?<text>.*?)^```/gms);
  return [...blocks].flatMap(({ groups: { language, text } = {} }) =>
    language === 'console' ? dialogueOf(text ?? '') : scriptOf(text ?? ''),
  );
}

/** `$ ` is before a command; what is printed follows. */
const dialogueOf = (text: string): ReadmeCommand[] =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map((entry) => {
      const [, line = '', shown = ''] = /^((?:.*\\\n)*.*)\n?([^]*)$/.exec(entry) ?? [];
      return { line, shown: shown.trim() };
    });

const scriptOf = (text: string): ReadmeCommand[] =>
  (text.match(/^curl (?:.*\\\n)*.*/gm) ?? []).map((line) => ({ line, shown: '' }));

/**
 * Someone who reads the README with this store before them, and runs a line, one after another.
 *
 * @returns what curl got of a line; undefined if it isn't curl.
 */
function readmeReader(url: string, adminToken: string) {
  const variables: Record<string, string> = { URL: url, TOKEN: adminToken };
  /** What the README shows of its author's store, and what it is in the reader's. */
  const replacements = new Map([[addressInReadme, url]]);
  const shell = async (script: string): Promise<string> => {
    const env = { ...process.env, ...variables };
    return (await promisify(execFile)('bash', ['-c', script], { env })).stdout;
  };

  return async ({ line, shown }: ReadmeCommand) => {
    const [, name] = /^(\w+)=/.exec(line) ?? [];
    if (name !== undefined) {
      variables[name] = await shell(`${line}; printf %s "$${name}"`);
      return undefined;
    }
    const own = [...replacements].reduce((text, [from, to]) => text.replaceAll(from, to), line);
    // The status follows what is printed, on a line of its own.
    const curl = `curl() { command curl --silent --show-error --write-out '\\n%{http_code}' "$@"; }`;
    const printed = await shell(`${curl}; ${own}`);
    const end = printed.lastIndexOf('\n');
    const text = printed.slice(0, end);
    const [shownId, ownId] = [shown, text].map((json) => /"id":"([0-9a-f]+)"/.exec(json)?.[1]);
    if (shownId !== undefined && ownId !== undefined) replacements.set(shownId, ownId);
    return { status: Number(printed.slice(end)), text };
  };
}
