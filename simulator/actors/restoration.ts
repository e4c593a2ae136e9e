/** A region whose tables are lost, and come back from a backup, or empty, as the next incarnation. */
import type { RandomChoice } from '../../tools/random.js';
import { difference, joinStates, type BookState } from '../../lib/rules/book.js';
import { emptyState, isBookItem, toBookState } from '../../lib/tables/book-item.js';
import { bookIdsOf, type OrderRow } from '../../lib/rules/order.js';
import { isOrderItem, toOrderRow } from '../../lib/tables/order-item.js';
import { incarnationOf, regionOf, type Site } from '../../lib/rules/sites.js';
import type { Clockwork } from '../clockwork/clockwork.js';
import type { Backup } from '../dynamodb/tables.js';
import type { Loss } from './operator.js';
import type { TablePlace } from '../places/table-place.js';
import type { ReplicaRegion } from '../places/replica-region.js';
import { catalogOf, ordersOf } from '../places/layout.js';
import type { Truth } from '../record/truth.js';

interface Backups {
  readonly catalog: Backup;
  readonly orders: Backup;
}

/** What loses regions, and gets them back. */
interface Restorable extends Clockwork {
  readonly truth: Pick<Truth, 'lost' | 'forgottenBooks' | 'forgottenOrders'>;
  readonly regions: readonly ReplicaRegion[];
  readonly fronts: readonly { readonly name: string; redeploy(sites: readonly Site[]): void }[];
  readonly operator: { onReplaced(loss: Loss): void };
  /** The sites whose tables there are. */
  sites: readonly Site[];
  regionNamed(name: string): ReplicaRegion;
  placeOf(site: Site): TablePlace;
}

const backupEveryMs = 5_000;
const keptBackups = 4;
const mostLosses = 2;

export class Restoration {
  readonly #world: Restorable;
  readonly #backups = new Map<Site, Backups[]>();
  #losses = 0;
  #isTaking = false;

  constructor(world: Restorable) {
    this.#world = world;
  }

  takeBackups(): void {
    if (this.#isTaking) return;
    this.#isTaking = true;
    const { scheduler, sites, decisions } = this.#world;
    for (const site of sites) {
      const { place, isRunning } = this.#world.regionNamed(regionOf(site));
      if (!isRunning) continue;
      const kept = this.#backups.get(site) ?? [];
      kept.push({ catalog: place.items(catalogOf(site)), orders: place.items(ordersOf(site)) });
      this.#backups.set(site, kept.slice(-keptBackups));
    }
    scheduler.after(backupEveryMs, 'backups', () => {
      this.#isTaking = false;
      if (!decisions.isHealed) this.takeBackups();
    });
  }

  /** The region's tables are gone. @returns what brings them back. */
  begin(region: ReplicaRegion, random: RandomChoice): (() => void) | undefined {
    if (this.#losses === mostLosses || !region.isRunning) return undefined;
    this.#losses += 1;
    const { site, place } = region;
    const lostAtMs = this.#world.scheduler.nowMs;
    this.#recordLoss(region);
    const kept = this.#backups.get(site) ?? [];
    const backup = kept.length > 0 && random.number() < 0.8 ? random.oneOf(kept) : undefined;
    region.close(site);
    place.condition = 'down';
    return () => {
      place.condition = 'up';
      place.held.length = 0;
      const next = `${region.name}#${Number(incarnationOf(site)) + 1}`;
      this.#world.sites = this.#world.sites.map((one) => (one === site ? next : one));
      region.open(next, backup);
      for (const part of [...this.#world.regions, ...this.#world.fronts]) {
        // Nothing is deployed everywhere at the same moment.
        const delayMs = part === region ? 0 : random.whole(0, 8_000);
        this.#world.scheduler.after(delayMs, `${part.name} redeployed`, () =>
          part.redeploy(this.#world.sites),
        );
      }
      this.#world.operator.onReplaced({ site, atMs: lostAtMs });
    };
  }

  /** What only the lost tables knew is forgotten: nobody can be asked to remember it. */
  #recordLoss({ site }: ReplicaRegion): void {
    const { truth, sites, decisions } = this.#world;
    truth.lost.add(site);
    decisions.noteFault();
    const others = sites.filter((other) => other !== site && this.#hasTables(other));
    const elsewhere = new Map<number, BookState>();
    for (const state of others.flatMap((other) => this.#booksOf(other))) {
      elsewhere.set(state.id, joinStates(elsewhere.get(state.id) ?? state, state));
    }
    for (const state of this.#booksOf(site)) {
      const known = elsewhere.get(state.id) ?? emptyState(state.id);
      if (difference(known, state) !== undefined) truth.forgottenBooks.add(state.id);
    }
    const logs = new Map(
      others.flatMap((other) => this.#ordersOf(other)).map((row) => [row.id, JSON.stringify(row)]),
    );
    for (const row of this.#ordersOf(site)) {
      if (logs.get(row.id) === JSON.stringify(row)) continue;
      truth.forgottenOrders.set(row.id, bookIdsOf(row));
    }
  }

  #booksOf(site: Site): BookState[] {
    return this.#world.placeOf(site).items(catalogOf(site)).filter(isBookItem).map(toBookState);
  }

  #ordersOf(site: Site): OrderRow[] {
    return this.#world.placeOf(site).items(ordersOf(site)).filter(isOrderItem).map(toOrderRow);
  }

  #hasTables(site: Site): boolean {
    return this.#world.regionNamed(regionOf(site)).hasTables;
  }
}
