import { once } from 'node:events';
import { join } from 'node:path';
import type { Work } from '../../services/assignments.js';
import { checkpointDir, databaseFile, frontDatabase, logDir } from '../files/data-files.js';
import type { Region } from '../../lib/rules/sites.js';
import { databasePart, endpointOf, messagingPart } from './environment.js';
import { assignmentsOf } from '../../services/event-sources.js';
import { createResolver } from '../../services/intrinsics.js';
import { untilListening } from '../../tools/processes/readiness.js';
import { serverlessBin, type Service } from '../../services/service-config.js';
import type { Store } from '../files/store-file.js';
import type { Part } from './supervisor.js';
import type { Paths } from './paths.js';

export const apiPart = 'api';
export const workerPart = (name: string): string => `worker-${name}`;

export interface Setting {
  readonly folder: string;
  readonly store: Store;
  /** The environment of every process. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the bundled code is, or is going to be. */
  readonly code: string;
  /** How the parts reach regions that are not theirs. */
  readonly paths: Pick<Paths, 'fromFrontEnd' | 'from'>;
}

/** dynoxide for a replica region, or for the cache of the front end. */
export function database(name: string, emulator: string, setting: Setting): Part {
  const { folder, env } = setting;
  const partName = databasePart(name);
  const port = portOf(partName, setting);
  const file = databaseFile(folder, name);
  return {
    name: partName,
    command: emulator,
    args: ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file],
    env,
    port,
    hasChannel: false,
    logFile: logFileOf(partName, setting),
    untilReady: (_child, signal) => untilListening(port, signal),
  };
}

/** SNS and SQS for all regions; what it keeps is in memory only. */
export function messaging(setting: Setting, afterRestart: () => Promise<void>): Part {
  const port = portOf(messagingPart, setting);
  return {
    ...nodePart(messagingPart, 'messaging.mjs', setting),
    env: { ...setting.env, BAZAR_PORT: String(port) },
    port,
    untilReady: (_child, signal) => untilListening(port, signal),
    afterRestart,
  };
}

/** The HTTP API: serverless-offline, with gateway and functions in its own process. */
export function api(setting: Setting): Part {
  const { store, env, code, paths } = setting;
  return {
    name: apiPart,
    command: process.execPath,
    args: [serverlessBin, 'offline', '--region', store.front],
    env: { BAZAR_API_ENDPOINTS: JSON.stringify(paths.fromFrontEnd), ...env, BAZAR_CODE: code },
    port: store.port,
    hasChannel: false,
    logFile: logFileOf(apiPart, setting),
    untilReady: (_child, signal) => untilListening(store.port, signal),
  };
}

/** Feeds the functions of a service that no HTTP request calls; `name` is a region, or the front. */
function worker(
  name: string,
  service: Service,
  setting: Setting,
  endpoints: { readonly messaging: string; readonly environment: Record<string, string> },
): Part {
  const { folder, store, env } = setting;
  const { region, environment } = service.provider;
  const resolver = createResolver(service);
  const work: Work = {
    region,
    checkpointFile: join(checkpointDir(folder), `${name}.json`),
    dynamodb: endpointOf(store.ports, databasePart(name)),
    databaseFile: databaseFile(folder, name),
    messaging: endpoints.messaging,
    assignments: assignmentsOf(service, resolver),
  };
  const functions = work.assignments.map(({ functionName }) => service.functions[functionName]);
  const configured = Object.assign({}, environment, ...functions.map((fn) => fn?.environment));
  return {
    ...nodePart(workerPart(name), 'worker.mjs', setting),
    env: {
      ...env,
      ...(resolver.resolve(configured) as Record<string, string>),
      ...store.environment,
      ...endpoints.environment,
      AWS_REGION: region,
      BAZAR_WORK: JSON.stringify(work),
    },
    untilReady: (child, signal) => once(child, 'message', { signal }),
  };
}

export const frontWorker = (service: Service, setting: Setting): Part =>
  worker(frontDatabase, service, setting, {
    messaging: endpointOf(setting.store.ports, messagingPart),
    environment: {},
  });

/** A region's own functions: their own database is beside them, and all else in a region away. */
export function regionWorker(region: Region, service: Service, setting: Setting): Part {
  const { databases, messaging: pathToMessaging } = setting.paths.from(region);
  const own = endpointOf(setting.store.ports, databasePart(region));
  return worker(region, service, setting, {
    messaging: pathToMessaging,
    environment: {
      DYNAMODB_ENDPOINTS: JSON.stringify({ ...databases, [region]: own }),
      AWS_ENDPOINT_URL_SNS: pathToMessaging,
      AWS_ENDPOINT_URL_SQS: pathToMessaging,
    },
  });
}

const nodePart = (name: string, module: string, setting: Setting) => ({
  name,
  command: process.execPath,
  args: [join(setting.code, module)],
  hasChannel: true,
  logFile: logFileOf(name, setting),
});

export const portOf = (name: string, { store }: Setting): number => store.ports[name] as number;

export const logFileOf = (name: string, { folder }: Setting): string =>
  join(logDir(folder), `${name}.log`);
