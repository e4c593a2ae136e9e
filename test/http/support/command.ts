import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectDir } from '../../../tools/project.js';
import { collectOutput, storeEnvironment } from '../../../local/store-process.js';

/** Runs a command of `cli/` to its end. */
export async function runCommand(
  name: 'import' | 'traffic',
  args: readonly string[],
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(projectDir, `cli/${name}.ts`), ...args],
    { cwd: projectDir, env: storeEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = collectOutput(child);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output: output() };
}
