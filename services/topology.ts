import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { faultOfSettings } from '../lib/config.js';
import { regionOf, type Region, type Site } from '../lib/rules/sites.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { projectDir } from '../tools/project.js';

export interface Topology {
  readonly sites: readonly Site[];
  /** The region of the one front end that runs here. */
  readonly front: Region;
}

/**
 * The regions of this run: those asked for, or else what resources/config.yml says.
 *
 * @throws CommandError where the configuration is not understood.
 */
export function readTopology(regions: readonly Region[] | undefined): Topology {
  const { sites, fronts } = configuredTopology();
  const [front] = fronts;
  if (front === undefined) throw new CommandError('resources/config.yml names no front end');
  return { sites: regions?.map((region) => `${region}#1`) ?? sites, front };
}

interface ConfiguredTopology {
  readonly sites: Site[];
  readonly fronts: Region[];
}

/**
 * The sites and the regions with a front end that resources/config.yml names. It is read directly,
 * since what serverless resolves from it depends on a region that has to be known first.
 *
 * @throws CommandError where these or other settings of the environment are wrong.
 */
export function configuredTopology(): ConfiguredTopology {
  const fault = faultOfSettings(process.env);
  if (fault !== undefined) throw new CommandError(fault);
  return topologyIn(readFileSync(join(projectDir, 'resources/config.yml'), 'utf8'), process.env);
}

const configSchema = z.object({
  replicas: z.string().default(''),
  fronts: z.string().default(''),
});

/** What a text of resources/config.yml names, and the environment in its stead. @throws CommandError */
export function topologyIn(text: string, env: NodeJS.ProcessEnv): ConfiguredTopology {
  try {
    const { replicas, fronts } = configSchema.parse(parse(text));
    return { sites: listOf(replicas, env), fronts: listOf(fronts, env) };
  } catch (error) {
    const reason = String(error).replaceAll(/\s+/g, ' ');
    throw new CommandError(`resources/config.yml is not understood: ${reason}`);
  }
}

export const regionsOf = ({ sites }: Topology): Region[] => sites.map(regionOf);

/** A list, written as serverless' variable `${env:NAME, 'one,two'}` or plainly. */
function listOf(text: string, env: NodeJS.ProcessEnv): string[] {
  const [, name, fallback] = /^\$\{env:(\w+), '([^']*)'\}$/.exec(text) ?? [];
  const value = name === undefined ? text : (env[name] ?? fallback ?? '');
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
