/** Faults that last: they begin, go on for a while, and end. */
import type { RandomChoice } from '../../tools/random.js';
import type { Network } from '../places/network.js';
import type { Place } from '../places/place.js';
import type { Clockwork } from '../clockwork/clockwork.js';
import type { LastingFault } from '../clockwork/decisions.js';

/** How a fault ends; undefined where it could not begin. */
type End = (() => void) | undefined;

interface Named {
  readonly name: string;
}

/** From whom to whom. */
type Way = [caller: string, place: string];

const bothWays = (one: Named, other: Named): Way[] => [
  [one.name, other.name],
  [other.name, one.name],
];

interface Part extends Named {
  readonly clock: { offsetMs: number };
}

type Stoppable = Pick<Place, 'condition' | 'held' | 'name'>;

/** What is disturbed. */
export interface Disturbed extends Clockwork {
  readonly network: Network;
  readonly regions: readonly DisturbedRegion[];
  readonly fronts: readonly (Part & { readonly cache: Stoppable })[];
  /** The tables of a region are gone. @returns what brings them back. */
  lose(region: string, random: RandomChoice): End;
}

interface DisturbedRegion extends Part {
  readonly place: Stoppable & { isIndexBehind: boolean };
  rewindStreams(records: number): void;
}

const shortestMs = 500;
const longestMs = 60_000;
/** Long enough for what a cache holds to be no longer fresh. */
const longestTotalMs = 120_000;
/** A world in which nothing can be sold shows little else. */
const mostTotalOutages = 2;
const mostRewound = 30;

export class Disturbances {
  readonly #world: Disturbed;
  readonly #active = new Map<string, () => void>();
  /** When one ended last. */
  lastEndMs = Number.NEGATIVE_INFINITY;
  #begun = 0;
  #totalOutages = 0;

  constructor(world: Disturbed) {
    this.#world = world;
  }

  /** Which faults are there now. */
  get active(): readonly string[] {
    return [...this.#active.keys()];
  }

  start(): void {
    const { decisions, scheduler, profile } = this.#world;
    if (decisions.isHealed || profile.lasting.length === 0) return;
    this.#begun += 1;
    const name = `disturbance ${this.#begun}`;
    const random = decisions.of(name);
    scheduler.after(profile.soundMs * 2 * random.number(), name, () => {
      this.start();
      const kind = random.oneOf(profile.lasting);
      const isPossible = !decisions.isHealed && decisions.isAllowed(`${kind}: ${name}`);
      const end = isPossible ? this.#begin(kind, random) : undefined;
      if (end === undefined) return;
      decisions.strikes(kind, name);
      this.#active.set(`${name}, ${kind}`, end);
      const durationMs =
        kind === 'everything down'
          ? random.whole(shortestMs, longestTotalMs)
          : shortestMs * (longestMs / shortestMs) ** random.number();
      scheduler.after(durationMs, `end of ${name}`, () => this.#end(`${name}, ${kind}`));
    });
  }

  /** Ends whatever is wrong. */
  heal(): void {
    for (const name of this.#active.keys()) this.#end(name);
  }

  #end(name: string): void {
    this.#active.get(name)?.();
    this.#active.delete(name);
    this.#world.decisions.noteFault();
    this.lastEndMs = this.#world.scheduler.nowMs;
  }

  #begin(kind: LastingFault, random: RandomChoice): End {
    const { regions, fronts } = this.#world;
    const region = random.oneOf(regions);
    const front = random.oneOf(fronts);
    const how = random.oneOf(['refused', 'silent'] as const);
    switch (kind) {
      case 'region down':
        return this.#stop(region.place, 'down', random);
      case 'region hung':
        return this.#stop(region.place, 'hung', random);
      case 'cache down':
        return this.#stop(front.cache, random.oneOf(['down', 'hung']), random);
      case 'regions cut off': {
        const other = random.oneOf(regions.filter((one) => one !== region));
        return this.#cut(bothWays(region, other), how);
      }
      case 'front end cut off':
        return this.#cut([[front.name, region.name]], how);
      case 'network split':
        return this.#split(region, front, how);
      case 'everything down':
        return this.#takeAllDown(how, random);
      case 'index behind':
        region.place.isIndexBehind = true;
        return () => {
          region.place.isIndexBehind = false;
        };
      case 'clock jumped': {
        const { clock } = random.oneOf([...regions, ...fronts]);
        clock.offsetMs += random.whole(-5_000, 5_000);
        return () => undefined;
      }
      case 'stream read again':
        region.rewindStreams(random.whole(1, mostRewound));
        return () => undefined;
      case 'region restored':
        return this.#world.lose(region.name, random);
    }
  }

  #stop(place: Stoppable, condition: 'down' | 'hung', random: RandomChoice): End {
    if (place.condition !== 'up') return undefined;
    place.condition = condition;
    return () => {
      place.condition = 'up';
      // What was waiting is carried out now, whoever sent it has given it up or not.
      for (const carryOut of place.held.splice(0)) {
        this.#world.scheduler.after(random.whole(0, 2_000), `${place.name} goes on`, carryOut);
      }
    };
  }

  /** No front end reaches any region: the regions don't run, or the ways to them are cut. */
  #takeAllDown(how: 'refused' | 'silent', random: RandomChoice): End {
    const { regions, fronts, network } = this.#world;
    const ways = fronts.flatMap((front) => regions.map(({ name }): Way => [front.name, name]));
    const isWhole =
      regions.every(({ place }) => place.condition === 'up') &&
      !ways.some((way) => network.isCut(...way));
    if (!isWhole || this.#totalOutages === mostTotalOutages) return undefined;
    this.#totalOutages += 1;
    if (random.number() < 0.5) return this.#cut(ways, how);
    const ends = regions.map(({ place }) =>
      this.#stop(place, random.oneOf(['down', 'hung']), random),
    );
    return () => {
      for (const end of ends) end?.();
    };
  }

  /** One region and one front end are on their own, and so are the others. */
  #split(region: Named, front: Named, how: 'refused' | 'silent'): End {
    const otherRegions = this.#world.regions.filter((one) => one !== region);
    const otherFronts = this.#world.fronts.filter((one) => one !== front);
    const ways: Way[] = [
      ...otherRegions.flatMap((other) => bothWays(region, other)),
      ...otherRegions.map((other): Way => [front.name, other.name]),
      ...otherFronts.map((other): Way => [other.name, region.name]),
    ];
    return this.#cut(ways, how);
  }

  #cut(ways: readonly Way[], how: 'refused' | 'silent'): End {
    const { network } = this.#world;
    if (ways.some((way) => network.isCut(...way))) return undefined;
    for (const way of ways) network.cut(...way, how);
    return () => {
      for (const way of ways) network.mend(...way);
    };
  }
}
