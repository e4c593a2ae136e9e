/** The commands of README.md that a reader pastes into a shell: each is run as it stands there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectDir } from '../../tools/project.js';

export interface ReadmeCommand {
  /** Of the shell: `curl …`, or `NAME=…`. */
  readonly line: string;
  /** What the README shows that it prints; empty where it shows nothing. */
  readonly shown: string;
}

export interface Printed {
  readonly status: number;
  readonly text: string;
}

/** Where the README's lines find the store. */
const addressInReadme = 'localhost:3000';

/** Every line of the README that calls the API, and every one that sets what such a line uses. */
export function readmeCommands(): ReadmeCommand[] {
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

export interface ReadmeReader {
  /** Runs a line as a reader would, one after another. @returns what curl got; undefined if it isn't curl */
  run(command: ReadmeCommand): Promise<Printed | undefined>;
}

/** Someone who reads the README with this store before them. */
export function readmeReader(url: string, adminToken: string): ReadmeReader {
  const variables: Record<string, string> = { URL: url, TOKEN: adminToken };
  /** What the README shows of its author's store, and what it is in the reader's. */
  const replacements = new Map([[addressInReadme, url]]);
  const shell = async (script: string): Promise<string> => {
    const env = { ...process.env, ...variables };
    return (await promisify(execFile)('bash', ['-c', script], { env })).stdout;
  };

  return {
    run: async ({ line, shown }) => {
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
    },
  };
}
