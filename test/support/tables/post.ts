/**
 * What the regions tell each other, carried by hand: the test says which message arrives where, how
 * often and in which order.
 */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record,
} from '@aws-sdk/client-dynamodb-streams';
import type { PublishBatchCommand } from '@aws-sdk/client-sns';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { Config } from '../../../lib/config.js';
import type { Region } from '../../../lib/rules/sites.js';
import type { Replica } from '../../../lib/tables/replica.js';
import { invalidate, type Caches } from '../../../lib/replication/invalidate.js';
import { parseMessage } from '../../../lib/replication/messages.js';
import { publishChanges, type TableChange } from '../../../lib/replication/publish.js';
import { replicate } from '../../../lib/replication/replicate.js';
import { realSystem } from '../../../lib/system.js';
import { silentTelemetry } from '../../../lib/telemetry.js';

/** A message as a subscriber gets it. */
export interface Letter {
  readonly body: string;
  readonly type: string;
  readonly origin: string;
}

type Item = Record<string, unknown>;

/** A shard of a table's stream, read by hand: each {@link readOn} goes on where the last one ended. */
export interface Shard {
  readonly table: string;
  readonly client: DynamoDBStreamsClient;
  iterator: string | undefined;
}

/** The shards of a table's stream, to be read from its beginning or from now on. */
export async function openStream(
  database: DynamoDBClient,
  client: DynamoDBStreamsClient,
  table: string,
  ShardIteratorType: 'TRIM_HORIZON' | 'LATEST',
): Promise<Shard[]> {
  const { Table } = await database.send(new DescribeTableCommand({ TableName: table }));
  const StreamArn = Table?.LatestStreamArn;
  const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }));
  return Promise.all(
    (StreamDescription?.Shards ?? []).map(async ({ ShardId }) => {
      const start = { StreamArn, ShardId, ShardIteratorType };
      const { ShardIterator } = await client.send(new GetShardIteratorCommand(start));
      return { table, client, iterator: ShardIterator };
    }),
  );
}

/** Every record behind the shard's iterator, which is moved on. */
export async function readOn(shard: Shard): Promise<_Record[]> {
  const read: _Record[] = [];
  for (;;) {
    const page = await shard.client.send(
      new GetRecordsCommand({ ShardIterator: shard.iterator, Limit: 1000 }),
    );
    const { Records: records = [], NextShardIterator: next } = page;
    shard.iterator = next;
    read.push(...records);
    if (records.length === 0) return read;
  }
}

export const changeOf = ({ dynamodb }: _Record): TableChange => ({
  before: toItem(dynamodb?.OldImage),
  after: toItem(dynamodb?.NewImage),
});

const toItem = (image: object | undefined): Item | undefined => image && unmarshall(image as never);

/** What `publish` sends of these changes. */
export async function publishedOf(
  replica: Replica,
  changes: readonly TableChange[],
): Promise<Letter[]> {
  const letters: Letter[] = [];
  const send = (command: PublishBatchCommand) => {
    letters.push(...lettersOf(command));
    return Promise.resolve({});
  };
  await publishChanges({ send: send as never }, 'arn:changes', replica, changes);
  return letters;
}

export const lettersOf = ({ input }: PublishBatchCommand): Letter[] =>
  (input.PublishBatchRequestEntries ?? []).map(({ Message, MessageAttributes = {} }) => ({
    body: Message ?? '',
    type: MessageAttributes['type']?.StringValue ?? '',
    origin: MessageAttributes['origin']?.StringValue ?? '',
  }));

/** Puts letters into a region's tables, in the order given. */
export async function deliver(letters: readonly Letter[], replica: Replica): Promise<void> {
  for (const { body } of letters) {
    const to = { replica, system: realSystem, telemetry: silentTelemetry };
    const message = parseMessage(body);
    await replicate(to, [message])(message);
  }
}

/** Puts letters into a front end's cache, in the order given, past the filter of its subscription. */
export async function announce(letters: readonly Letter[], caches: Caches): Promise<void> {
  for (const { body, type } of letters) {
    if (type !== 'books') continue;
    const message = parseMessage(body);
    await invalidate(caches, [message])(message);
  }
}

/** The streams of several regions, and the post between them. */
export class Post {
  readonly replicas: readonly Replica[];
  readonly #endpoints: NonNullable<Config['DYNAMODB_ENDPOINTS']>;
  readonly #shards = new Map<Region, Promise<Shard[]>>();

  constructor(replicas: readonly Replica[], { DYNAMODB_ENDPOINTS: endpoints = {} }: Config) {
    this.replicas = replicas;
    this.#endpoints = endpoints;
  }

  replica(region: Region): Replica {
    return this.replicas.find((replica) => replica.region === region) as Replica;
  }

  /** What a region has changed since it was last asked. */
  async changes(region: Region): Promise<TableChange[]> {
    return (await this.records(region)).flatMap(({ records }) => records.map(changeOf));
  }

  /** The same, each table's by themselves, as the streams have it. */
  async records(region: Region): Promise<{ table: string; records: _Record[] }[]> {
    const shards = this.#shards.get(region) ?? this.#open(region);
    this.#shards.set(region, shards);
    return Promise.all(
      (await shards).map(async (shard) => ({ table: shard.table, records: await readOn(shard) })),
    );
  }

  async #open(region: Region): Promise<Shard[]> {
    const place = { region, endpoint: this.#endpoints[region] as string };
    const [database, client] = [new DynamoDBClient(place), new DynamoDBStreamsClient(place)];
    const { catalog, orders } = this.replica(region);
    const shards = await Promise.all(
      [catalog, orders].map(({ name }) => openStream(database, client, name, 'TRIM_HORIZON')),
    );
    database.destroy();
    return shards.flat();
  }

  /** What a region tells of its changes since it was last asked; delivered nowhere yet. */
  async collect(region: Region): Promise<Letter[]> {
    return publishedOf(this.replica(region), await this.changes(region));
  }

  /** Carries messages between all regions, and to these caches, until nobody has news. */
  async settle(...caches: Caches[]): Promise<void> {
    for (let hasNews = true; hasNews;) {
      hasNews = false;
      for (const { region } of this.replicas) {
        const letters = await this.collect(region);
        if (letters.length > 0) hasNews = true;
        for (const other of this.replicas) {
          if (other.region !== region) await deliver(letters, other);
        }
        for (const cache of caches) await announce(letters, cache);
      }
    }
  }
}

/** A batch of a queue, one record for each body; the ids are the places in the batch. */
export const queueEvent = (bodies: readonly string[]): SQSEvent => ({
  Records: bodies.map((body, index) => ({ messageId: String(index), body }) as SQSRecord),
});
