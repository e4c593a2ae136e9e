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
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { Config } from '../../lib/config.js';
import type { Replica } from '../../lib/tables/replica.js';
import { invalidate, type Caches } from '../../lib/replication/invalidate.js';
import { parseMessage } from '../../lib/replication/messages.js';
import { publishChanges, type TableChange } from '../../lib/replication/publish.js';
import { replicate } from '../../lib/replication/replicate.js';
import { realSystem } from '../../lib/system.js';
import { silentTelemetry } from '../../lib/telemetry.js';

/** A message as a subscriber gets it. */
export interface Letter {
  readonly body: string;
  readonly type: string;
  readonly origin: string;
}

type Item = Record<string, unknown>;

/** The streams of a region's two tables, read by hand: each `take` goes on where the last one ended. */
export class ChangeFeed {
  readonly #replica: Replica;
  readonly #endpoint: string;
  #shards: Promise<Shard[]> | undefined;

  constructor(replica: Replica, endpoint: string) {
    this.#replica = replica;
    this.#endpoint = endpoint;
  }

  async take(): Promise<TableChange[]> {
    return (await this.takeRecords()).flatMap(({ records }) => records.map(changeOf));
  }

  /** The same, each table's by themselves, as the stream has them. */
  async takeRecords(): Promise<{ table: string; records: _Record[] }[]> {
    this.#shards ??= this.#open();
    return Promise.all(
      (await this.#shards).map(async (shard) => ({
        table: shard.table,
        records: await readOn(shard),
      })),
    );
  }

  async #open(): Promise<Shard[]> {
    const { region, catalog, orders } = this.#replica;
    const place = { region, endpoint: this.#endpoint };
    const [dynamodb, client] = [new DynamoDBClient(place), new DynamoDBStreamsClient(place)];
    const shards = await Promise.all(
      [catalog.name, orders.name].map(async (TableName) => {
        const { Table: table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
        const StreamArn = table?.LatestStreamArn;
        const { StreamDescription: stream } = await client.send(
          new DescribeStreamCommand({ StreamArn }),
        );
        return (stream?.Shards ?? []).map(({ ShardId }) => ({ TableName, StreamArn, ShardId }));
      }),
    );
    dynamodb.destroy();
    return Promise.all(
      shards.flat().map(async ({ TableName, StreamArn, ShardId }) => {
        const start = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
        const { ShardIterator } = await client.send(new GetShardIteratorCommand(start));
        return { table: TableName, client, iterator: ShardIterator };
      }),
    );
  }
}

interface Shard {
  readonly table: string;
  readonly client: DynamoDBStreamsClient;
  iterator: string | undefined;
}

/** Every record behind the shard's iterator, which is moved on. */
async function readOn(shard: Shard): Promise<_Record[]> {
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

const changeOf = ({ dynamodb }: _Record): TableChange => ({
  before: toItem(dynamodb?.OldImage),
  after: toItem(dynamodb?.NewImage),
});

const toItem = (image: object | undefined): Item | undefined => image && unmarshall(image as never);

export async function scan(replica: Replica, table: string): Promise<Item[]> {
  const items: Item[] = [];
  let startKey: Item | undefined;
  do {
    const page = await replica.link.read(
      new ScanCommand({
        TableName: table,
        ConsistentRead: true,
        ...(startKey && { ExclusiveStartKey: startKey }),
      }),
    );
    items.push(...(page.Items ?? []));
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined);
  return items;
}

/** What `publish` sends of these changes. */
export async function publishedOf(
  replica: Replica,
  changes: readonly TableChange[],
): Promise<Letter[]> {
  const letters: Letter[] = [];
  const send = ({ input }: PublishBatchCommand) => {
    for (const { Message, MessageAttributes = {} } of input.PublishBatchRequestEntries ?? []) {
      const attribute = (name: string) => MessageAttributes[name]?.StringValue ?? '';
      letters.push({
        body: Message ?? '',
        type: attribute('type'),
        origin: attribute('origin'),
      });
    }
    return Promise.resolve({});
  };
  await publishChanges({ send: send as never }, 'arn:changes', replica, changes);
  return letters;
}

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
  readonly #feeds: ReadonlyMap<Replica, ChangeFeed>;

  constructor(replicas: readonly Replica[], { DYNAMODB_ENDPOINTS: endpoints = {} }: Config) {
    this.replicas = replicas;
    this.#feeds = new Map(
      replicas.map((replica) => [
        replica,
        new ChangeFeed(replica, endpoints[replica.region] as string),
      ]),
    );
  }

  replica(region: string): Replica {
    return this.replicas.find((replica) => replica.region === region) as Replica;
  }

  /** What a region has changed since it was last asked. */
  changes(region: string): Promise<TableChange[]> {
    return (this.#feeds.get(this.replica(region)) as ChangeFeed).take();
  }

  /** The same, as the streams of its tables have it. */
  records(region: string): ReturnType<ChangeFeed['takeRecords']> {
    return (this.#feeds.get(this.replica(region)) as ChangeFeed).takeRecords();
  }

  /** What a region tells of its changes since it was last asked; delivered nowhere yet. */
  async collect(region: string): Promise<Letter[]> {
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
