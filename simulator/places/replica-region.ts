/** A replica region: its tables, its topic, its queue, and the functions on them. */
import type { Context, ScheduledEvent } from 'aws-lambda';
import type { PublishBatchCommand, PublishBatchCommandOutput } from '@aws-sdk/client-sns';
import { heartbeatHandler } from '../../functions/heartbeat.js';
import { indexWordsHandler } from '../../functions/index-words.js';
import { publishHandler } from '../../functions/publish.js';
import { reconcileHandler } from '../../functions/reconcile.js';
import { replicateHandler } from '../../functions/replicate.js';
import type { ChangesTopic, RegionHost } from '../../lib/lambda/region.js';
import type { ScheduledHandler } from '../../lib/lambda/scheduled.js';
import { regionOf, type Region, type Site } from '../../lib/rules/sites.js';
import { passesFilter } from '../../services/stream-filter.js';
import {
  LambdaDeployment,
  type Container,
  type Invocation,
  type Outcome,
} from '../clockwork/lambda-deployment.js';
import { toEventRecord } from '../dynamodb/stream-event.js';
import type { Backup, StreamRecord } from '../dynamodb/tables.js';
import { isStruck, Queue, Topic } from './messaging.js';
import { never } from './network.js';
import type { TablePlace } from './table-place.js';
import { StreamSource } from './stream-source.js';
import { catalogOf, ordersOf, wordsTableOf } from './layout.js';
import type { StreamDefinition } from './definitions.js';
import { hostOf, replicasFor, type Foundation } from './foundation.js';

interface RegionFunctions {
  readonly replicate: ReturnType<typeof replicateHandler>;
  readonly publish: ReturnType<typeof publishHandler>;
  readonly 'index-words': ReturnType<typeof indexWordsHandler>;
  readonly reconcile: ScheduledHandler;
  readonly heartbeat: ScheduledHandler;
}

const scheduleMs = 60_000;

export class ReplicaRegion {
  readonly name: Region;
  readonly region: Region;
  readonly place: TablePlace;
  readonly topic: Topic;
  readonly queue: Queue;
  readonly clock: { offsetMs: number };
  /** The sites that the functions here believe in. */
  sites: readonly Site[];
  readonly #foundation: Foundation;
  readonly #functions: LambdaDeployment<RegionFunctions>;
  /** By their tables. */
  readonly #sources = new Map<string, StreamSource[]>();
  readonly #scheduled = { reconcile: 0, heartbeat: 0 };

  constructor(foundation: Foundation, place: TablePlace, sites: readonly Site[]) {
    const { scheduler, decisions, definitions } = foundation;
    this.name = place.name;
    this.region = place.region;
    this.place = place;
    this.clock = foundation.clockOf(this.name);
    this.sites = sites;
    this.#foundation = foundation;
    this.topic = new Topic(`${this.name} topic`, foundation);
    this.#functions = new LambdaDeployment(scheduler, decisions, this.clock, (container) =>
      this.#load(container),
    );
    this.queue = new Queue(
      `${this.name} replicate`,
      definitions.queues.replicate,
      foundation,
      async (name, event) => {
        const outcome = await this.#invoke(name, 'replicate', (functions, context) =>
          functions.replicate(event, context),
        );
        return outcome.kind === 'done' ? outcome.result : undefined;
      },
      () => this.isRunning,
    );
  }

  get site(): Site {
    return this.sites.find((site) => regionOf(site) === this.name) as Site;
  }

  get isRunning(): boolean {
    return this.place.condition === 'up' && this.hasTables;
  }

  get hasTables(): boolean {
    return this.#sources.size > 0;
  }

  /** Makes the tables of a site here, empty or from backups, and reads their streams. */
  open(site: Site, backups: { catalog?: Backup; orders?: Backup } = {}): void {
    const { tables, streams } = this.#foundation.definitions;
    this.place.create(tables.catalog, catalogOf(site), backups.catalog);
    this.place.create(tables.orders, ordersOf(site), backups.orders);
    this.place.create(tables.words, wordsTableOf(site));
    const names = { catalog: catalogOf(site), orders: ordersOf(site) };
    for (const stream of streams) {
      const name = names[stream.table];
      this.#sources.set(name, [...(this.#sources.get(name) ?? []), this.#read(name, stream)]);
    }
  }

  /** The tables of a site are gone, and what nobody was told of with them. */
  close(site: Site): void {
    for (const table of [catalogOf(site), ordersOf(site), wordsTableOf(site)]) {
      for (const source of this.#sources.get(table) ?? []) source.stop();
      this.#sources.delete(table);
      this.place.remove(table);
    }
  }

  /** The functions here are deployed anew, for other sites. */
  redeploy(sites: readonly Site[]): void {
    this.sites = sites;
    this.#functions.redeploy();
  }

  announce(table: string, records: readonly StreamRecord[]): void {
    for (const source of this.#sources.get(table) ?? []) {
      for (const record of records) source.append(record);
    }
  }

  rewindStreams(records: number): void {
    for (const source of [...this.#sources.values()].flat()) source.rewind(records);
  }

  startSchedules(): void {
    const random = this.#foundation.decisions.of(`${this.name} schedules`);
    this.#repeat('heartbeat', random.whole(0, scheduleMs));
    if (this.#foundation.profile.hasReconcile)
      this.#repeat('reconcile', random.whole(0, scheduleMs));
  }

  #repeat(name: 'reconcile' | 'heartbeat', delayMs: number): void {
    this.#foundation.scheduler.after(delayMs, `${this.name} ${name}`, () => {
      this.#repeat(name, scheduleMs);
      if (this.isRunning) void this.runScheduled(name);
    });
  }

  async runScheduled(name: 'reconcile' | 'heartbeat'): Promise<void> {
    this.#scheduled[name] += 1;
    await this.#invoke(
      `${this.name} ${name} ${this.#scheduled[name]}`,
      name,
      (functions, context) => functions[name]({} as ScheduledEvent, context),
    );
  }

  #read(table: string, { reader, filter }: StreamDefinition): StreamSource {
    const origin = { region: this.region, table, key: 'id' };
    return new StreamSource(
      `${this.name} ${table} stream to ${reader}`,
      this.#foundation,
      async (name, records) => {
        const event = { Records: records.map((record) => toEventRecord(record, origin)) };
        const outcome = await this.#invoke(name, reader, (functions, context) =>
          functions[reader](event, context),
        );
        return outcome.kind === 'done';
      },
      () => this.isRunning,
      (record) => passesFilter(filter, toEventRecord(record, origin)),
    );
  }

  #invoke<Result>(
    name: string,
    kind: keyof RegionFunctions,
    work: (functions: RegionFunctions, context: Context) => Promise<Result>,
  ): Promise<Outcome<Result>> {
    const timeoutMs = this.#foundation.definitions.timeoutsMs[kind] as number;
    return this.#functions.invoke(name, timeoutMs, work);
  }

  #load(container: Container): RegionFunctions {
    const replicas = replicasFor(this.#foundation, this, container, this.sites);
    const isOwn = ({ region }: { region: Region }) => region === this.name;
    const host: RegionHost = {
      ...hostOf(this.#foundation, container),
      system: container.system,
      own: () => replicas.find(isOwn) as (typeof replicas)[number],
      others: () => replicas.filter((replica) => !isOwn(replica)),
    };
    return {
      replicate: replicateHandler(host),
      publish: publishHandler(host, () => this.#topicFor(container)),
      'index-words': indexWordsHandler(host),
      reconcile: reconcileHandler(host),
      heartbeat: heartbeatHandler(host),
    };
  }

  #topicFor(container: Container): ChangesTopic {
    const { scheduler, decisions } = this.#foundation;
    const send = (command: PublishBatchCommand): Promise<PublishBatchCommandOutput> => {
      const invocation = container.invocation as Invocation;
      const call = `${invocation.name}/${invocation.calls}`;
      invocation.calls += 1;
      if (isStruck(this.#foundation, 'handler died', call)) {
        scheduler.after(0, 'handler dies', () => container.die());
        return never();
      }
      const random = decisions.of(call);
      return new Promise((resolve, reject) => {
        scheduler.after(random.whole(1, 10), `${this.name} publishes`, () => {
          try {
            const answer = this.topic.publish(command.input, call);
            scheduler.after(random.whole(1, 10), `${this.name} topic answers`, () =>
              resolve(answer as unknown as PublishBatchCommandOutput),
            );
          } catch (error) {
            reject(error);
          }
        });
      });
    };
    return { sns: { send } as ChangesTopic['sns'], arn: `topic of ${this.name}` };
  }
}
