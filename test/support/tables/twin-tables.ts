/** The store's tables twice, on the emulator and in the simulator's memory, to be asked the same. */
import { isDeepStrictEqual } from 'node:util';
import { DeleteTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { DocumentClient } from '../../../lib/dynamodb/table-link.js';
import { clientsOf } from '../../../lib/lambda/clients.js';
import type { TableChange } from '../../../lib/replication/publish.js';
import { provisionTables, tablesOf } from '../../../services/provision-tables.js';
import { resolveService, type Service } from '../../../services/service-config.js';
import { clientOf } from '../../../simulator/dynamodb/client.js';
import { SimulatedTables } from '../../../simulator/dynamodb/tables.js';
import { startEmulators, type Emulators } from '../../../services/emulators.js';
import { changeOf, openStream, readOn } from './post.js';
import { byId } from '../random/random-requests.js';
import { itemsOf } from './raw-items.js';

const region = 'us-east-1';

type Item = Record<string, unknown>;

/** One of the two, as a caller sees it. */
export interface Twin {
  readonly client: DocumentClient;
  /** A table's items, by their keys. */
  items(table: string): Promise<Item[]>;
  /** The images of each item's changes, in their order, by the items' keys. */
  changes(table: string): Promise<Record<string, unknown[]>>;
}

export interface Twins {
  readonly tables: readonly string[];
  /** Those of them that have a stream. */
  readonly streamed: readonly string[];
  readonly emulated: Twin;
  readonly simulated: Twin;
  /** The clock of the simulated ones, in milliseconds. */
  nowMs: number;
}

export interface TwinMaker {
  /** Empty tables of both kinds: a replica's in two incarnations, and a cache. */
  make(): Promise<Twins>;
  stop(): void;
}

/** Starts an emulator. */
export async function startTwins(): Promise<TwinMaker> {
  const emulators = await startEmulators([region]);
  const services = await Promise.all([
    resolveService('serverless-replica.yml', region, replicaOf('#1')),
    resolveService('serverless-replica.yml', region, replicaOf('#2')),
    resolveService('serverless.yml', region, replicaOf('#1')),
  ]);
  const clients = clientsFor(emulators);
  return {
    make: () => makeTwins(clients, services),
    stop: () => {
      clients.database.destroy();
      clients.streams.destroy();
      emulators.stop();
    },
  };
}

interface Clients {
  /** The one that the store uses. */
  readonly documents: DocumentClient;
  readonly database: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
}

function clientsFor({ config }: Emulators): Clients {
  const endpoint = config.DYNAMODB_ENDPOINTS?.[region] as string;
  return {
    documents: clientsOf(config, region, endpoint).read,
    database: new DynamoDBClient({ region, endpoint }),
    streams: new DynamoDBStreamsClient({ region, endpoint }),
  };
}

const replicaOf = (incarnation: string) => ({
  ...process.env,
  BAZAR_REPLICAS: `${region}${incarnation}`,
});

async function makeTwins(clients: Clients, services: readonly Service[]): Promise<Twins> {
  const { database } = clients;
  const { TableNames = [] } = await database.send(new ListTablesCommand({}));
  for (const TableName of TableNames) await database.send(new DeleteTableCommand({ TableName }));
  for (const service of services) await provisionTables(database, service);
  const definitions = services.flatMap(tablesOf);
  const simulated = new SimulatedTables();
  for (const definition of definitions) simulated.create(definition);
  const streamed = definitions
    .filter(({ StreamSpecification: stream }) => stream !== undefined)
    .map(({ TableName: name }) => name);
  const twins: Twins = {
    tables: definitions.map(({ TableName: name }) => name),
    streamed,
    emulated: await emulatedTwin(clients, streamed),
    simulated: simulatedTwin(simulated, () => twins.nowMs),
    nowMs: 0,
  };
  return twins;
}

function simulatedTwin(tables: SimulatedTables, now: () => number): Twin {
  return {
    client: clientOf(tables, now),
    items: async (table) => [...tables.backup(table)].sort(byId),
    changes: async (table) => groupedById(tables.stream(table)),
  };
}

async function emulatedTwin(
  { documents, database, streams }: Clients,
  streamed: readonly string[],
): Promise<Twin> {
  // On the emulator the stream of a table that is made anew goes on with the old one's.
  const shards = await Promise.all(
    streamed.map((table) => openStream(database, streams, table, 'LATEST')),
  );
  return {
    client: documents,
    items: async (table) => (await itemsOf(documents, table)).sort(byId),
    changes: async (table) => {
      const ofTable = shards.flat().filter((shard) => shard.table === table);
      const changes = (await Promise.all(ofTable.map(readOn))).flat().map(changeOf);
      // The emulator also records writes that changed nothing, which DynamoDB does not.
      return groupedById(changes.filter(({ before, after }) => !isDeepStrictEqual(before, after)));
    },
  };
}

/** DynamoDB keeps the order of one item's changes only. */
function groupedById(changes: readonly TableChange[]): Record<string, unknown[]> {
  const grouped: Record<string, unknown[]> = {};
  for (const { before, after } of changes) {
    (grouped[String((after ?? before)?.['id'])] ??= []).push({ before, after });
  }
  return grouped;
}
