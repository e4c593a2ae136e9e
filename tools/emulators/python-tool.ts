/** Tools from PyPI, each in a virtual environment of its own below `.build/venvs`. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectDir } from '../project.js';
import { CommandError } from '../terminal/command-error.js';

const run = (command: string, args: readonly string[]) =>
  promisify(execFile)(command, args, { env: process.env });
const venvsDir = path.join(projectDir, '.build/venvs');
const oldestPython = '3.11';

export interface PythonTool {
  /** Of the tool, and of its virtual environment. */
  readonly name: string;
  /** Pins every package that is installed, with its hashes. */
  readonly requirementsFile: string;
  /** The newest Python that it runs on, where not every later one will do. */
  readonly newestPython?: string;
}

/**
 * Installs what a tool's requirements file pins, if that is not installed yet.
 *
 * @param onInstall Told before that begins, for it takes a minute or two.
 * @returns the folder of its programs.
 * @throws CommandError where there is no fit Python or the packages are not to be had.
 */
export async function installPythonTool(tool: PythonTool, onInstall?: () => void): Promise<string> {
  const { name, requirementsFile } = tool;
  const venv = path.join(venvsDir, name);
  const bin = path.join(venv, 'bin');
  const stamp = path.join(venv, 'installed.txt');
  const requirements = readFileSync(requirementsFile, 'utf8');
  if (contentOf(stamp) === requirements) return bin;

  await checkPython(tool);
  onInstall?.();
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(venvsDir, { recursive: true });
  await attempt(`python3 has no venv module, which ${name} needs`, 'python3', ['-m', 'venv', venv]);
  await attempt(`${requirementsFile} cannot be installed`, path.join(bin, 'pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--require-hashes',
    // The file names every package; what they say of each other need not agree.
    '--no-deps',
    '-r',
    requirementsFile,
  ]);
  writeFileSync(stamp, requirements);
  return bin;
}

async function checkPython({ name, newestPython }: PythonTool): Promise<void> {
  const wanted = newestPython
    ? `Python ${oldestPython} to ${newestPython}`
    : `Python ${oldestPython} or later`;
  const printVersion = 'import sys; print("%d.%d" % sys.version_info[:2])';
  const { stdout } = await run('python3', ['-c', printVersion]).catch(() => {
    throw new CommandError(`${name} needs ${wanted}: there is no python3`);
  });
  const found = stdout.trim();
  const isFit =
    minorOf(found) >= minorOf(oldestPython) &&
    (newestPython === undefined || minorOf(found) <= minorOf(newestPython));
  if (!isFit) throw new CommandError(`${name} needs ${wanted}: python3 is ${found}`);
}

/** The second number of 3.x. */
const minorOf = (version: string): number => Number(version.split('.')[1]);

async function attempt(complaint: string, command: string, args: string[]): Promise<void> {
  try {
    await run(command, args);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const reason = stderr.trim().split('\n').at(-1) ?? '';
    throw new CommandError(reason === '' ? complaint : `${complaint}: ${reason}`, { cause: error });
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
