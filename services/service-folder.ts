/** The two services, packaged as they are deployed, each run in a folder of its own. */
import { execFile } from 'node:child_process';
import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectDir } from '../tools/project.js';
import { serverlessBin } from './service-config.js';

export const services = ['serverless.yml', 'serverless-replica.yml'] as const;
export type ServiceFile = (typeof services)[number];

/** All that the two services are packaged from. */
const sources = [
  'package.json',
  'package-lock.json',
  ...services,
  'resources',
  'plugins',
  'functions',
  'lib',
  'local/offline-plugin.mjs',
  'local/gateway',
  'tools',
  'tsconfig.json',
  'web',
];

/**
 * Makes a folder, anew, with copies of the sources: serverless packages into `.serverless` beside
 * its configuration, so two runs in one folder would take each other's packages.
 */
export async function makeServiceFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const source of sources) {
    await cp(path.join(projectDir, source), path.join(folder, source), { recursive: true });
  }
  await symlink(path.join(projectDir, 'node_modules'), path.join(folder, 'node_modules'));
}

export interface Packaging {
  readonly service: ServiceFile;
  readonly region: string;
  readonly stage: string;
  /** Settings (`BAZAR_…`, `AWS_ENDPOINT_URL`); those of the command itself are left out. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Package {
  /** The packaged template. */
  readonly template: string;
  /** The folder with the template and the functions' archives. */
  readonly folder: string;
  /** What serverless printed. */
  readonly printed: string;
}

/**
 * Packages a service in a folder, which is made anew.
 *
 * @throws Error with what serverless printed, where it does not end well.
 */
export async function packageService(
  { service, region, stage, settings }: Packaging,
  folder: string,
): Promise<Package> {
  await makeServiceFolder(folder);
  const args = ['package', '--config', service, '--region', region, '--stage', stage];
  const env = { ...neutralEnvironment(), ...settings };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [serverlessBin, ...args],
      { cwd: folder, env },
    );
    const packaged = path.join(folder, '.serverless');
    return {
      template: path.join(packaged, 'cloudformation-template-update-stack.json'),
      folder: packaged,
      printed: stdout + stderr,
    };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${service} cannot be packaged: ${stdout}${stderr}`.trim(), { cause: error });
  }
}

function neutralEnvironment(): NodeJS.ProcessEnv {
  const isSetting = (name: string) => /^(NODE_OPTIONS$|AWS_|BAZAR_)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSetting(name)));
}
