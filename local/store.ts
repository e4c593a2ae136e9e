import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { regionOf, type Region } from '../lib/rules/sites.js';
import { bundleCode, bundleDir } from '../tools/bundle.js';
import { frontDatabase, logDir, partsFile, storeFile } from './files/data-files.js';
import { openDataFolder, type DataFolder } from './data-folder.js';
import { chooseTableKeeper } from './databases/choose-keeper.js';
import {
  databasePart,
  functionEnvironment,
  labPart,
  messagingPart,
  processEnvironment,
} from './processes/environment.js';
import { CommandError } from '../tools/terminal/command-error.js';
import type { StartOptions } from './options.js';
import {
  api,
  apiPart,
  frontWorker,
  messaging,
  regionWorker,
  workerPart,
  type Setting,
} from './processes/parts.js';
import { choosePorts, choosePublicPort } from '../tools/processes/ports.js';
import { findProcess } from '../tools/processes/process-table.js';
import { eventually } from '../tools/eventually.js';
import { createApiClient } from '../client/api-client.js';
import { startRun } from './lab/oversell.js';
import { startLab, type LabServer } from './lab/server.js';
import { createSwitches } from './lab/switches.js';
import { openPaths, type Paths } from './processes/paths.js';
import { seedStore } from '../client/seed.js';
import { resolveService, type Service } from '../services/service-config.js';
import { formatVersion, writeJson, type Store } from './files/store-file.js';
import { createSupervisor, type Supervisor } from './processes/supervisor.js';
import type { TableKeeper } from './databases/table-keeper.js';
import { readTopology, regionsOf, type Topology } from '../services/topology.js';

const answerTimeoutMs = 60_000;
const checkIntervalMs = 25;

/** A store whose folder was taken. */
export interface OpenStore {
  /** Starts all parts; resolves when the API answers, every worker polls and the seed is there. */
  start(): Promise<Store>;
  /** Ends all parts in order, and lets the folder go. */
  end(): Promise<void>;
}

export interface StoreEvents {
  /** A line for whoever watches. */
  readonly onNews: (line: string) => void;
  /** The store can't go on. */
  readonly onFailure: (failure: CommandError) => void;
}

/** @throws CommandError where the store can't be run like this; nothing was changed by then. */
export async function openStore(options: StartOptions, events: StoreEvents): Promise<OpenStore> {
  const topology = readTopology(options.regions);
  const port = await choosePublicPort(options.port);
  const keeper = await chooseTableKeeper(events.onNews);
  const folder = await openDataFolder(options.dataDir, { ...options, topology, keeper });
  const supervisor = createSupervisor({
    ...events,
    watchdog: folder.watchdog,
    onParts: (parts) => {
      const startedAt = findProcess(process.pid)?.startedAt;
      writeJson(partsFile(folder.path), { store: { pid: process.pid, startedAt }, ...parts });
    },
  });
  const { onNews } = events;
  const foundation: Foundation = { keeper, folder, supervisor, opened: {}, onNews };
  return {
    start: async () => run(await describeStore(folder, topology, port, keeper), foundation),
    end: () => end(foundation),
  };
}

/** What a run needs from its beginning. */
interface Foundation {
  readonly keeper: TableKeeper;
  readonly folder: DataFolder;
  readonly supervisor: Supervisor;
  readonly opened: Opened;
  readonly onNews: StoreEvents['onNews'];
}

/** What this process itself keeps open. */
interface Opened {
  paths?: Paths;
  lab?: LabServer;
}

const databaseNames = (topology: Topology): string[] => [...regionsOf(topology), frontDatabase];

async function describeStore(
  { store: former }: DataFolder,
  topology: Topology,
  port: number,
  keeper: TableKeeper,
): Promise<Store> {
  const partOf = new Map(
    databaseNames(topology).map((name) => [databasePart(name), keeper.partOf(name)]),
  )
    .set(messagingPart, messagingPart)
    .set(labPart, labPart);
  const ports = await choosePorts(partOf, former?.ports ?? {});
  const generatedAdminToken = former?.generatedAdminToken ?? newSecret();
  const adminToken = process.env['ADMIN_TOKEN'] || generatedAdminToken;
  const orderSecret = former?.orderSecret ?? newSecret();
  return {
    format: 'bazar',
    version: formatVersion,
    sites: [...topology.sites],
    front: topology.front,
    emulator: keeper.kind,
    databases: former?.databases ?? [],
    seeded: former?.seeded ?? false,
    orderSecret,
    generatedAdminToken,
    adminToken,
    port,
    ports,
    environment: functionEnvironment(topology, { ports, adminToken, orderSecret }),
  };
}

const newSecret = (): string => randomBytes(24).toString('base64url');

async function run(description: Store, foundation: Foundation): Promise<Store> {
  const { folder, opened } = foundation;
  let store = description;
  const save = (changes: Partial<Store>): void => {
    store = { ...store, ...changes };
    writeJson(storeFile(folder.path), store);
  };
  save({});
  const env = processEnvironment(store, folder.path);
  const code = bundleDir();

  const paths = await openPaths(regionsOf(store), (part) => store.ports[part]);
  opened.paths = paths;

  // Everything at once; each step waits for no more than what it needs.
  const launch: Launch = {
    ...foundation,
    setting: { folder: folder.path, store, env, code, paths },
    services: resolveServices(store, env),
    provision: loadProvision(code),
  };
  const databases = startDatabases(launch);
  const tables = makeTables(launch, databases).then(() =>
    save({ databases: databaseNames(store) }),
  );
  const made = Promise.all([startMessaging(launch), tables]);
  await Promise.all([startApi(launch, made), startWorkers(launch, made), made, databases]);

  if (!store.seeded) {
    await seedStore(urlOf(store), store.adminToken);
    save({ seeded: true });
  }
  opened.lab = await openLab(store, foundation, paths);
  return store;
}

function openLab(
  store: Store,
  { keeper, supervisor }: Foundation,
  paths: Paths,
): Promise<LabServer> {
  const regions = regionsOf(store);
  const switches = createSwitches(regions, supervisor, paths);
  const client = createApiClient({ url: urlOf(store), token: store.adminToken });
  return startLab({
    port: store.ports[labPart] as number,
    apiPort: store.port,
    adminToken: store.adminToken,
    regions,
    hasDatabaseSwitches: regions.every((region) => keeper.partOf(region) === databasePart(region)),
    switches,
    startRun: (options) => startRun(options, { api: client, sites: store.sites, switches }),
  });
}

/** What every step of a start needs, or waits for. */
interface Launch extends Foundation {
  readonly setting: Setting;
  readonly services: Promise<Services>;
  readonly provision: Promise<typeof import('./provision.js')>;
}

async function startDatabases(launch: Launch): Promise<void> {
  const { setting, supervisor, keeper, folder, onNews } = launch;
  const names = databaseNames(setting.store);
  if (keeper.keepsInMemory && folder.wasKilled) {
    onNews('the store was killed: it is as it was before that run');
  }
  const problem = await keeper.prepare(folder.path, names, folder.watchdog);
  if (problem !== undefined) onNews(problem);
  const keepers = new Map(names.map((name) => [keeper.partOf(name), keeper.part(name, setting)]));
  await Promise.all([...keepers.values()].map((part) => supervisor.start(part)));
}

async function makeTables(
  { setting, services, provision }: Launch,
  databases: Promise<void>,
): Promise<void> {
  const { front, replicas } = await services;
  const { provisionDatabase } = await provision;
  await databases;
  await Promise.all(
    [[frontDatabase, front] as const, ...replicas].map(([name, service]) =>
      provisionDatabase(name, service, setting.store.ports),
    ),
  );
}

async function startMessaging(launch: Launch): Promise<void> {
  const { setting, supervisor, provision } = launch;
  await provision;
  // It may be ending once more before all is made again that it kept in memory.
  await supervisor.start(messaging(setting, () => eventually(() => provisionMessaging(launch))));
  await provisionMessaging(launch);
}

async function provisionMessaging({ setting, services, provision }: Launch): Promise<void> {
  const { front, replicas } = await services;
  const { provisionTopicsAndQueues } = await provision;
  await provisionTopicsAndQueues([front, ...replicas.values()], setting.store.ports);
}

async function startWorkers(
  { setting, supervisor, services }: Launch,
  made: Promise<unknown>,
): Promise<void> {
  const { front, replicas } = await services;
  await made;
  await Promise.all([
    supervisor.start(frontWorker(front, setting)),
    ...[...replicas].map(([region, service]) =>
      supervisor.start(regionWorker(region, service, setting)),
    ),
  ]);
}

async function startApi({ setting, supervisor }: Launch, made: Promise<unknown>): Promise<void> {
  await supervisor.start(api(setting));
  await made;
  await untilAnswers(urlOf(setting.store), logDir(setting.folder));
}

const urlOf = ({ port }: Store): string => `http://127.0.0.1:${port}`;

async function end({ folder, supervisor, opened }: Foundation): Promise<void> {
  await opened.lab?.close();
  // First what takes orders, then what carries changes, and what both write to at last.
  await supervisor.stop((name) => name === apiPart);
  await supervisor.stop((name) => name.startsWith(workerPart('')));
  await supervisor.stop(() => true);
  await opened.paths?.close();
  rmSync(partsFile(folder.path), { force: true });
  await folder.release();
}

interface Services {
  readonly front: Service;
  readonly replicas: ReadonlyMap<Region, Service>;
}

async function resolveServices(store: Store, env: NodeJS.ProcessEnv): Promise<Services> {
  const [front, ...replicas] = await Promise.all([
    resolveService('serverless.yml', store.front, env),
    ...store.sites.map(
      async (site) =>
        [
          regionOf(site),
          await resolveService('serverless-replica.yml', regionOf(site), env),
        ] as const,
    ),
  ]);
  return { front, replicas: new Map(replicas) };
}

/** From the bundle: out of some hundred files, the AWS SDK would take longer to load than to use. */
async function loadProvision(code: string): Promise<typeof import('./provision.js')> {
  await bundleCode(code);
  return (await import(join(code, 'provision.mjs'))) as typeof import('./provision.js');
}

async function untilAnswers(url: string, logs: string): Promise<void> {
  const ask = async () => {
    const response = await fetch(`${url}/books?limit=1`);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  };
  const patience = { deadlineMs: answerTimeoutMs, everyMs: checkIntervalMs };
  await eventually(ask, patience).catch(({ message }: Error) => {
    throw new CommandError(`the API does not work: ${message.trim()} (its log is in ${logs})`);
  });
}
