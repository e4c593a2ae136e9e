/** The emulators of AWS that need no Docker. Both come from PyPI. */
import { join } from 'node:path';
import { findDynoxide } from '../tools/emulators/dynoxide.js';
import {
  ministack,
  ministackEnvironment,
  ministackHealthPath,
} from '../tools/emulators/ministack.js';
import type { PythonTool } from '../tools/emulators/python-tool.js';

export interface Place {
  readonly port: number;
  /** A folder of the emulator's own, which ends with it. */
  readonly tempDir: string;
}

export interface Kind {
  readonly title: string;
  readonly tool: PythonTool;
  /** What it answers at when it is up. */
  readonly healthPath: string;
  /** The arguments of Python that start it at a place. */
  arguments(place: Place): readonly string[];
  /** What it finds in its environment, beside `PATH` and a home in its own folder. */
  environment(place: Place): Readonly<Record<string, string>>;
}

const fileHere = (name: string): string => join(import.meta.dirname, name);

export const kinds = {
  localstack: {
    title: 'LocalStack',
    tool: {
      name: 'localstack',
      requirementsFile: fileHere('requirements/localstack.txt'),
      newestPython: '3.13',
    },
    healthPath: '/_localstack/health',
    arguments: ({ port, tempDir }) => [
      '-m',
      'core',
      `--port=${port}`,
      `--data=${tempDir}`,
      `--node=${process.execPath}`,
      `--dynoxide=${findDynoxide()}`,
    ],
    environment: () => ({ PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: '1' }),
  },
  ministack: {
    title: 'MiniStack',
    tool: ministack,
    healthPath: ministackHealthPath,
    arguments: () => [fileHere('ministack_adapter.py')],
    environment: ({ port, tempDir }) => ({
      TMPDIR: tempDir,
      ...ministackEnvironment(port),
      // Roles and policies are enforced.
      AUTH: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    }),
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as KindName[];

/** Which of them answers at an address, in a container or not. */
export async function emulatorKind(url: string): Promise<KindName> {
  const { ok } = await fetch(url + kinds.ministack.healthPath);
  return ok ? 'ministack' : 'localstack';
}
