/** Tools from PyPI, each in a virtual environment of its own below `.build/venvs`. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const venvsDir = path.join(import.meta.dirname, '../.build/venvs');

/**
 * Installs what a requirements file pins, if that is not installed yet.
 *
 * @param name of the virtual environment.
 * @returns the folder of its programs.
 * @throws Error of one line where Python is missing or the packages are not to be had.
 */
export async function pythonTool(name: string, requirementsFile: string): Promise<string> {
  const venv = path.join(venvsDir, name);
  const bin = path.join(venv, 'bin');
  const stamp = path.join(venv, 'installed.txt');
  const requirements = readFileSync(requirementsFile, 'utf8');
  if (contentOf(stamp) === requirements) return bin;

  rmSync(venv, { recursive: true, force: true });
  mkdirSync(venvsDir, { recursive: true });
  await attempt(`python3 (3.11 or later) with its venv module is needed for ${name}`, 'python3', [
    '-m',
    'venv',
    venv,
  ]);
  await attempt(`${requirementsFile} cannot be installed`, path.join(bin, 'pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    requirementsFile,
  ]);
  writeFileSync(stamp, requirements);
  return bin;
}

async function attempt(complaint: string, command: string, args: string[]): Promise<void> {
  try {
    await run(command, args);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const reason = stderr.trim().split('\n').at(-1) ?? '';
    throw new Error(reason === '' ? complaint : `${complaint}: ${reason}`, { cause: error });
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
