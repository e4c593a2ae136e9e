import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { asNodeModule } from '../../../tools/bundle.js';
import { projectDir } from '../../../tools/project.js';

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly result: Promise<CommandResult>;
}

/** Starts one of the project's commands, `cli/import.ts` say, as a process of its own. */
export function startCommand(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningCommand {
  const { ADMIN_TOKEN: _token, BAZAR_DATA: _data, INIT_CWD: _folder, ...inherited } = process.env;
  const loader = script.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = spawn(process.execPath, [...loader, script, ...args], {
    cwd: projectDir,
    env: { ...inherited, NODE_OPTIONS: '', BAZAR_DATA: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  return { child, result };
}

export const runCommand = (...args: Parameters<typeof startCommand>): Promise<CommandResult> =>
  startCommand(...args).result;

/** As `runCommand`, of a bundle: for tests that run a command often, for it starts several times as fast. */
export const runBundled = async (
  script: string,
  ...more: [args: readonly string[], env?: Readonly<Record<string, string>>]
): Promise<CommandResult> => runCommand(await bundled(script), ...more);

const bundles = new Map<string, Promise<string>>();

/** A command as one module, for `startCommand`; it is removed when the process ends. */
export function bundled(script: string): Promise<string> {
  const made = bundles.get(script) ?? bundle(script);
  bundles.set(script, made);
  return made;
}

async function bundle(script: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bazar-command-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, `${basename(script, '.ts')}.mjs`);
  const sources = pathToFileURL(join(projectDir, 'tools/project.ts')).href;
  await build({
    absWorkingDir: projectDir,
    entryPoints: [script],
    outfile,
    ...asNodeModule,
    // From where its sources lie, the folder of the project is found.
    define: { 'import.meta.url': JSON.stringify(sources) },
  });
  return outfile;
}
