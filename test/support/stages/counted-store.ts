/**
 * A store whose every billed call is counted: the functions themselves, called as the event sources,
 * topics and queues of the two services call them, one record and one message at a time.
 */
import { randomUUID } from 'node:crypto';
import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb';
import type { _Record } from '@aws-sdk/client-dynamodb-streams';
import type { PublishBatchCommand } from '@aws-sdk/client-sns';
import * as z from 'zod';
import { buyHandler } from '../../../functions/buy.js';
import { createBookHandler } from '../../../functions/create-book.js';
import { infoHandler } from '../../../functions/info.js';
import { placeOrderHandler } from '../../../functions/place-order.js';
import { invalidateHandler } from '../../../functions/invalidate.js';
import { indexWordsHandler } from '../../../functions/index-words.js';
import { publishHandler } from '../../../functions/publish.js';
import { replicateHandler } from '../../../functions/replicate.js';
import { searchHandler } from '../../../functions/search.js';
import type { ApiHandler } from '../../../lib/http/handler.js';
import type { StreamHandler } from '../../../lib/lambda/stream-consumer.js';
import type { Region } from '../../../lib/rules/sites.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import type { NewBook } from '../../../lib/store/manage-books.js';
import { assignmentsOf } from '../../../services/event-sources.js';
import { createResolver } from '../../../services/intrinsics.js';
import { resolveService, type Service } from '../../../services/service-config.js';
import { passesFilter } from '../../../services/stream-filter.js';
import { toLambdaRecord } from '../../../local/worker/stream-record.js';
import { type Interceptor } from '../faults/barrier.js';
import { hostIn, testSecrets } from '../tables/front-ends.js';
import { lettersOf, queueEvent, type Letter } from '../tables/post.js';
import { apiOf, request, type Reply } from '../requests/requests.js';
import type { Stage } from './stage.js';

/** What one invocation of a function came to. */
export interface Invocation {
  /** Such as `publish in us-east-1`. */
  readonly name: string;
  /** Such as `us-east-1 TransactWrite`. */
  readonly calls: string[];
  /** In the units that DynamoDB bills, index entries included. */
  reads: number;
  writes: number;
  publishes: number;
  /** For the message that it was called with: SNS sends it to the queue, Lambda receives and deletes it. */
  readonly sqsRequests: number;
}

interface Subscription {
  readonly queue: 'replicate' | 'invalidate';
  readonly region: Region;
  /** Of which messages are passed on; all are unless given. */
  readonly types: readonly string[] | undefined;
}

const requestsOfOneMessage = 3;

export class CountedStore {
  readonly front: FrontEnd;
  readonly invocations: Invocation[] = [];
  readonly #stage: Stage;
  readonly #services: ReadonlyMap<Region, Service>;
  readonly #published: Letter[] = [];

  private constructor(stage: Stage, cacheTable: string, services: ReadonlyMap<Region, Service>) {
    this.#stage = stage;
    this.#services = services;
    this.front = stage.front({
      cacheTable,
      routing: { reads: 'nearest', sales: 'nearest' },
      faults: [this.#count],
    });
  }

  static async open(stage: Stage): Promise<CountedStore> {
    const regions = stage.post.replicas.map(({ region }) => region);
    const sites = stage.post.replicas.map(({ site }) => site);
    const variables = { ...process.env, BAZAR_REPLICAS: sites.join(','), BAZAR_FRONTS: regions[0] };
    const services = await Promise.all(
      regions.map(
        async (region) =>
          [region, await resolveService('serverless-replica.yml', region, variables)] as const,
      ),
    );
    return new CountedStore(stage, await stage.cacheTable(), new Map(services));
  }

  buy(bookId: number): Promise<Reply> {
    return this.#ask('buy', buyHandler(apiOf(this.front), testSecrets), {
      method: 'POST',
      path: { id: String(bookId) },
      headers: { 'Idempotency-Key': randomUUID(), 'Content-Type': 'application/json' },
      body: JSON.stringify({ quantity: 1 }),
    });
  }

  order(bookIds: readonly number[]): Promise<Reply> {
    return this.#ask('place-order', placeOrderHandler(apiOf(this.front), testSecrets), {
      method: 'POST',
      headers: { 'Idempotency-Key': randomUUID(), 'Content-Type': 'application/json' },
      body: JSON.stringify({ items: bookIds.map((bookId) => ({ bookId })) }),
    });
  }

  info(bookId: number): Promise<Reply> {
    return this.#ask('info', infoHandler(apiOf(this.front)), { path: { id: String(bookId) } });
  }

  search(topic: string): Promise<Reply> {
    return this.#ask('search', searchHandler(apiOf(this.front)), { path: { topic } });
  }

  searchWords(q: string): Promise<Reply> {
    return this.#ask('search', searchHandler(apiOf(this.front)), { query: { q } });
  }

  async create(book: NewBook): Promise<Reply> {
    return this.#ask('create-book', createBookHandler(apiOf(this.front), testSecrets), {
      method: 'POST',
      headers: {
        'Idempotency-Key': randomUUID(),
        'Content-Type': 'application/json',
        Authorization: `Bearer ${await testSecrets.adminToken()}`,
      },
      body: JSON.stringify(book),
    });
  }

  async #ask(
    name: string,
    handler: ApiHandler,
    given: Parameters<typeof request>[1],
  ): Promise<Reply> {
    const reply = await this.#invoke(name, 0, () => request(handler, given));
    if (reply.status >= 400) throw new Error(`${name}: ${JSON.stringify(reply.body)}`);
    return reply;
  }

  /** Has everyone hear of everything, and goes on until nothing follows. */
  async settle(): Promise<void> {
    for (let hasNews = true; hasNews;) {
      hasNews = false;
      for (const region of this.#services.keys()) {
        for (const { table, records } of await this.#stage.post.records(region)) {
          if (records.length > 0) hasNews = true;
          for (const record of records) await this.#feed(region, table, record);
        }
      }
      for (const letter of this.#published.splice(0)) {
        for (const to of this.#subscriptionsOf(letter.origin)) await this.#deliver(letter, to);
      }
    }
  }

  async #feed(region: Region, table: string, record: _Record): Promise<void> {
    for (const { functionName, sources } of this.#assignments(region)) {
      const isFed = sources.some(
        (source) =>
          source.kind === 'stream' &&
          source.table === table &&
          passesFilter(source.filterPatterns, record),
      );
      if (!isFed) continue;
      const arn = `arn:aws:dynamodb:${region}:000000000000:table/${table}/stream/1`;
      const event = { Records: [toLambdaRecord(record, arn, region)] };
      await this.#invoke(`${functionName} in ${region}`, 0, () =>
        this.#readerOf(region, functionName)(event, {} as never),
      );
    }
  }

  #readerOf(region: Region, functionName: string): StreamHandler {
    const host = hostIn(region, this.front.replicas);
    switch (functionName) {
      case 'publish':
        return publishHandler(host, () => this.#topicOf(region));
      case 'index-words':
        return indexWordsHandler(host);
      default:
        throw new Error(`nobody counts ${functionName}`);
    }
  }

  #deliver({ body, type }: Letter, { queue, region, types }: Subscription): Promise<void> {
    if (types?.includes(type) === false) return Promise.resolve();
    const handler =
      queue === 'replicate'
        ? replicateHandler(hostIn(region, this.front.replicas))
        : invalidateHandler(apiOf(this.front));
    return this.#invoke(`${queue} in ${region}`, requestsOfOneMessage, async () => {
      const { batchItemFailures } = await handler(queueEvent([body]), {} as never);
      if (batchItemFailures.length > 0) throw new Error(`${queue} did not take ${body}`);
    });
  }

  #assignments(region: Region) {
    const service = this.#services.get(region) as Service;
    return assignmentsOf(service, createResolver(service));
  }

  #subscriptionsOf(region: Region): Subscription[] {
    const service = this.#services.get(region) as Service;
    const resolver = createResolver(service);
    return Object.values(service.resources.Resources)
      .filter(({ Type: type }) => type === 'AWS::SNS::Subscription')
      .map(({ Properties: properties }) => {
        const { Endpoint, FilterPolicy } = subscriptionSchema.parse(resolver.resolve(properties));
        const [, , , queueRegion = '', , name = ''] = Endpoint.split(':');
        return {
          queue: name.endsWith('-replicate') ? 'replicate' : 'invalidate',
          region: queueRegion,
          types: FilterPolicy?.type,
        };
      });
  }

  #topicOf(origin: Region) {
    const send = (command: PublishBatchCommand) => {
      this.#current.publishes += 1;
      this.#published.push(...lettersOf(command));
      return Promise.resolve({});
    };
    return { sns: { send: send as never }, arn: `topic of ${origin}` };
  }

  get #current(): Invocation {
    return this.invocations.at(-1) as Invocation;
  }

  async #invoke<Result>(
    name: string,
    sqsRequests: number,
    work: () => Promise<Result>,
  ): Promise<Result> {
    this.invocations.push({ name, calls: [], reads: 0, writes: 0, publishes: 0, sqsRequests });
    return work();
  }

  readonly #count: Interceptor = async ({ place, command, input }, proceed) => {
    Object.assign(input, { ReturnConsumedCapacity: 'INDEXES' });
    const answer = (await proceed()) as {
      ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[];
    };
    const units = [answer.ConsumedCapacity ?? []]
      .flat()
      .reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
    this.#current.calls.push(`${place} ${command}`);
    if (/Get$|Query|Scan/.test(command)) this.#current.reads += units;
    else this.#current.writes += units;
    return answer;
  };
}

const subscriptionSchema = z.object({
  Endpoint: z.string(),
  FilterPolicy: z.strictObject({ type: z.array(z.string()) }).optional(),
});
