import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { openCacheDir, touch } from '../tools/cache-dir.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { projectDir } from '../tools/project.js';

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});

const functionSchema = z.object({
  /** As deployed, such as `bazar-replica-dev-publish`. */
  name: z.string(),
  /** `functions/publish.handler`. */
  handler: z.string(),
  /** In seconds. */
  timeout: z.number().optional(),
  memorySize: z.number().optional(),
  environment: z.record(z.string(), z.unknown()).default({}),
  events: z.array(z.record(z.string(), z.unknown())).default([]),
});

const serviceSchema = z.object({
  service: z.string(),
  provider: z.object({
    region: z.string(),
    stage: z.string(),
    timeout: z.number().default(6),
    memorySize: z.number().default(1024),
    environment: z.record(z.string(), z.unknown()).default({}),
  }),
  functions: z.record(z.string(), functionSchema),
  resources: z.object({ Resources: z.record(z.string(), resourceSchema) }),
});

/** What serverless makes of a service's configuration, intrinsic functions still in it. */
export type Service = z.infer<typeof serviceSchema>;
export type FunctionConfig = z.infer<typeof functionSchema>;

export const serverlessBin: string = join(projectDir, 'node_modules/serverless/bin/serverless.js');

/**
 * Resolves a service as `serverless deploy` would. That takes serverless a second and more, so the
 * answer is kept until a file or a variable that it depends on changes.
 */
export async function resolveService(
  file: 'serverless.yml' | 'serverless-replica.yml',
  region: string,
  env: NodeJS.ProcessEnv,
): Promise<Service> {
  const cached = join(openCacheDir(), `service-${fingerprint(file, region, env)}.json`);
  const known = readCached(cached);
  if (known) return known;
  const service = await print(file, region, env);
  writeFileSync(`${cached}.${process.pid}`, JSON.stringify(service));
  renameSync(`${cached}.${process.pid}`, cached);
  return service;
}

interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

async function print(file: string, region: string, env: NodeJS.ProcessEnv): Promise<Service> {
  const args = [serverlessBin, 'print', '--format', 'json', '--config', file, '--region', region];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: projectDir,
      env,
      maxBuffer: 16 * 1024 * 1024,
    });
    return serviceSchema.parse(JSON.parse(stdout));
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & Partial<Printed>;
    const reason = /^Error:\n(.+)/ms.exec(`${stdout}\n${stderr}`)?.[1] ?? message;
    throw new CommandError(`${file} cannot be resolved for ${region}: ${reason.trim()}`);
  }
}

function fingerprint(file: string, region: string, env: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256').update(`${file}\n${region}\n`);
  const variables = new Set<string>();
  for (const path of configurationFiles()) {
    const text = readFileSync(join(projectDir, path), 'utf8');
    hash.update(`${path}\n${text}\n`);
    for (const [, name = ''] of text.matchAll(/\benv[:.](\w+)/g)) variables.add(name);
  }
  for (const name of variables) hash.update(`${name}=${env[name] ?? '\0'}\n`);
  return hash.digest('hex').slice(0, 32);
}

const configurationFiles = (): string[] => [
  'package.json',
  'package-lock.json',
  'lib/http/problem.ts',
  'lib/http/routes.ts',
  'lib/rules/sites.ts',
  ...readdirSync(projectDir).filter((name) => /^serverless.*\.yml$/.test(name)),
  ...['resources', 'plugins'].flatMap((folder) =>
    readdirSync(join(projectDir, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(projectDir.length + 1))
      .sort(),
  ),
];

function readCached(path: string): Service | undefined {
  try {
    const service = serviceSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    touch(path);
    return service;
  } catch {
    return undefined;
  }
}
