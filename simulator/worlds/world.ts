/** A whole simulated store, from its clients to its tables, made of one seed. */
import type { RandomChoice } from '../../tools/random.js';
import { onceForEach } from '../../lib/concurrency.js';
import { UnavailableError, BazarError } from '../../lib/errors.js';
import type { Message } from '../../lib/replication/messages.js';
import { regionOf, type Region, type Site } from '../../lib/rules/sites.js';
import { Clients } from '../actors/clients.js';
import { Decisions } from '../clockwork/decisions.js';
import type { Definitions } from '../places/definitions.js';
import type { Container } from '../clockwork/lambda-deployment.js';
import { Disturbances } from '../actors/disturbances.js';
import type { Foundation } from '../places/foundation.js';
import { FrontEndPlace } from '../places/front-end-place.js';
import type { Try } from '../record/history.js';
import { refusedByCache } from '../places/call.js';
import { Network } from '../places/network.js';
import { cacheOf } from '../places/place.js';
import { Operator } from '../actors/operator.js';
import { TablePlace, type Write } from '../places/table-place.js';
import { drawProfile, type Profile } from '../clockwork/profile.js';
import { ReplicaRegion } from '../places/replica-region.js';
import { Restoration } from '../actors/restoration.js';
import { Scheduler } from '../clockwork/scheduler.js';
import { SkewedClock } from '../clockwork/skewed-clock.js';
import { catalogOf, ordersOf, replicaRegions } from '../places/layout.js';
import { Truth } from '../record/truth.js';
import type { Report } from '../clockwork/violations.js';

export interface WorldOptions {
  readonly seed: number;
  readonly regions: number;
  readonly definitions: Definitions;
  /** Nothing but these may happen: a part of what was taken in another run. */
  readonly allowed?: ReadonlySet<string>;
  /** Leaves every fault out. */
  readonly isSound?: boolean;
  readonly report: Report;
}

/** Told what the clients do, and what comes of it. */
export interface Listener {
  onAsked(one: Try): void;
  onAnswered(one: Try): void;
  onWrites(writes: readonly Write[]): void;
  onInvalidated(front: string, message: Message): void;
}

export class World implements Foundation {
  readonly scheduler = new Scheduler();
  readonly decisions: Decisions;
  readonly definitions: Definitions;
  readonly profile: Profile;
  readonly network: Network;
  readonly truth: Truth;
  readonly regions: readonly ReplicaRegion[];
  readonly fronts: readonly FrontEndPlace[];
  readonly report: Report;
  readonly clients: Clients;
  readonly operator: Operator;
  readonly restoration: Restoration;
  readonly disturbances: Disturbances;
  /** The sites whose tables there are. */
  sites: readonly Site[];
  listener: Listener = {
    onAsked: () => undefined,
    onAnswered: () => undefined,
    onWrites: () => undefined,
    onInvalidated: () => undefined,
  };

  /** The clock of a region or of a front end; as wrong as the profile has it. */
  readonly clockOf = onceForEach((caller: string): SkewedClock => {
    const clock = new SkewedClock(() => this.scheduler.nowMs);
    const { skewMs } = this.profile;
    const offsetMs = this.decisions.of(`clock of ${caller}`).whole(-skewMs, skewMs);
    if (offsetMs !== 0 && this.decisions.strikes('clock skewed', caller)) clock.offsetMs = offsetMs;
    return clock;
  });

  constructor({ seed, regions, definitions, allowed, isSound = false, report }: WorldOptions) {
    this.report = report;
    this.definitions = definitions;
    this.decisions = new Decisions(seed, () => this.scheduler.nowMs, allowed);
    this.profile = drawProfile(this.decisions, { isSound });
    this.network = new Network(this.scheduler, this.decisions, this.profile);
    this.truth = new Truth(report, () => this.scheduler.steps);
    this.network.onLate = (request) => this.truth.observeLate(request);
    this.sites = replicaRegions.slice(0, regions).map((region) => `${region}#1`);
    this.regions = this.sites.map((site) => {
      const place = this.#place(regionOf(site), regionOf(site));
      return new ReplicaRegion(this, place, this.sites);
    });
    const random = this.decisions.of('front ends');
    this.fronts = [1, 2].map((number) => {
      const elsewhere = random.number() < 0.25 ? 'ap-south-1' : undefined;
      const region = elsewhere ?? (replicaRegions[number - 1] as Region);
      const name = `front ${number}`;
      return new FrontEndPlace(this, name, this.#place(cacheOf(name), region), this.sites);
    });
    this.#connect();
    this.clients = new Clients(this);
    this.operator = new Operator(this);
    this.restoration = new Restoration(this);
    this.disturbances = new Disturbances(this);
  }

  #place(name: string, region: Region): TablePlace {
    return new TablePlace({
      name,
      region,
      scheduler: this.scheduler,
      decisions: this.decisions,
      profile: this.profile,
      onWrites: (writes) => this.#onWrites(writes),
    });
  }

  #connect(): void {
    for (const from of this.regions) {
      from.open(from.site);
      from.startSchedules();
      for (const to of this.regions.filter((other) => other !== from)) {
        from.topic.subscriptions.push({
          queue: to.queue,
          isReachable: () => !this.network.isCut(from.name, to.name),
        });
      }
      for (const { queue } of this.fronts) {
        from.topic.subscriptions.push({ queue, isReachable: () => true });
      }
    }
  }

  regionNamed(name: Region): ReplicaRegion {
    const found = this.regions.find((region) => region.name === name);
    if (found === undefined) throw new RangeError(`there is no region ${name}`);
    return found;
  }

  lose(region: Region, random: RandomChoice): (() => void) | undefined {
    return this.restoration.begin(this.regionNamed(region), random);
  }

  placeOf(site: Site): TablePlace {
    return this.regionNamed(regionOf(site)).place;
  }

  onAsked(one: Try): void {
    this.listener.onAsked(one);
  }

  onAnswered(one: Try): void {
    const { name, answer } = one;
    this.scheduler.note(`${name} ${answer?.status} ${JSON.stringify(answer?.body)}`);
    this.listener.onAnswered(one);
  }

  onInvalidated(front: string, message: Message): void {
    this.listener.onInvalidated(front, message);
  }

  onError(error: unknown, { invocation, isDead }: Container): void {
    if (isDead || isExpected(error)) return;
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.report({ guarantee: 'API', what: `${invocation?.name} failed: ${what}` });
  }

  #onWrites(writes: readonly Write[]): void {
    this.truth.observe(writes, (write) => this.#siteOf(write));
    this.listener.onWrites(writes);
    for (const { place, table, records } of writes) {
      this.regions.find((region) => region.place === place)?.announce(table, records);
    }
  }

  #siteOf({ place, table }: Write): Site | undefined {
    return this.sites.find(
      (site) =>
        regionOf(site) === place.name && (table === catalogOf(site) || table === ordersOf(site)),
    );
  }
}

/** What a function throws when a place does not answer; its event comes again. */
function isExpected(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isExpected);
  // A consumer that runs into its time limit ends itself.
  if (error instanceof Error && error.name === 'TimeoutError') return true;
  if (!(error instanceof BazarError)) return false;
  return (
    error instanceof UnavailableError ||
    error.message.includes('not published') ||
    error.message.includes(refusedByCache) ||
    error.message.includes('the topic')
  );
}
