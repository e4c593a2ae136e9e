/** An operator, who gives the copies of lost sites on as `docs/operations.md` tells. */
import { UnavailableError } from '../../lib/errors.js';
import type { Replica } from '../../lib/tables/replica.js';
import { regionOf, type Region, type Site } from '../../lib/rules/sites.js';
import { retireSite, type LeftBook } from '../../lib/store/retire-site.js';
import { LambdaDeployment } from '../clockwork/lambda-deployment.js';
import { replicasFor, type Foundation } from '../places/foundation.js';
import { longestRequestMs } from '../places/front-end-place.js';
import type { ReplicaRegion } from '../places/replica-region.js';
import { replicaRegions } from '../places/layout.js';
import type { Truth } from '../record/truth.js';
import type { Report } from '../clockwork/violations.js';

/** A site whose tables are gone, and have come back as the next incarnation. */
export interface Loss {
  readonly site: Site;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

interface Operated extends Foundation {
  readonly regions: readonly ReplicaRegion[];
  readonly fronts: readonly { readonly sites: readonly Site[] }[];
  regionNamed(name: Region): ReplicaRegion;
  readonly report: Report;
  readonly truth: Pick<Truth, 'lost'>;
  /** The sites whose tables there are. */
  readonly sites: readonly Site[];
}

/** What a function still had in hand when its site was lost is published within this time. */
const longestPublishMs = 5_000;
const lookAgainMs = 5_000;
const undisturbedMs = 600_000;
/** Once nothing goes wrong any more. */
const mostTries = 5;

export class Operator {
  readonly name = 'operator';
  readonly region: Region = replicaRegions[0] as Region;
  readonly #world: Operated;
  readonly #commands: LambdaDeployment<readonly Replica[]>;
  readonly #losses: Loss[] = [];
  readonly #given = new Set<Site>();
  #runs = 0;

  constructor(world: Operated) {
    this.#world = world;
    const { scheduler, decisions } = world;
    this.#commands = new LambdaDeployment(
      scheduler,
      decisions,
      world.clockOf(this.name),
      (container) => replicasFor(world, this, container, world.sites),
    );
  }

  /** Takes up that a lost region is back; some time later its former copies are given on. */
  onReplaced(loss: Loss): void {
    this.#losses.push(loss);
    this.#lookIn(lookAgainMs, loss);
  }

  /** Whether copies of a lost site are frozen that were not given on yet. */
  get isAwaited(): boolean {
    return [...this.#world.truth.lost].some((site) => !this.#given.has(site));
  }

  /** Gives on whatever is still frozen, once nothing goes wrong any more. */
  async giveAllOn(): Promise<void> {
    for (const loss of this.#losses) {
      let tries = 1;
      while (tries <= mostTries && !(await this.#giveOn(loss))) tries += 1;
      if (tries <= mostTries) continue;
      this.#world.report({ guarantee: 'G1', what: `${loss.site} can't be retired` });
    }
  }

  #lookIn(delayMs: number, loss: Loss): void {
    const { scheduler, decisions } = this.#world;
    scheduler.after(delayMs, 'operator looks', () => {
      if (decisions.isHealed) return;
      if (this.#isBelievedIn(loss.site)) return this.#lookIn(lookAgainMs, loss);
      // Whoever believes in the site has come to an end then.
      scheduler.after(longestRequestMs, 'operator waits', () => this.#begin(loss));
    });
  }

  /** Whether some part of the store was not deployed since the site was lost. */
  #isBelievedIn(site: Site): boolean {
    const { regions, fronts } = this.#world;
    return [...regions, ...fronts].some(({ sites }) => sites.includes(site));
  }

  #begin(loss: Loss): void {
    const { scheduler, decisions } = this.#world;
    if (decisions.isHealed) return;
    if (!this.#isAllHeard(loss)) {
      scheduler.after(lookAgainMs, 'operator waits', () => this.#begin(loss));
    } else if (decisions.strikes('site retired', loss.site)) void this.#insist(loss);
  }

  /** Whether all that the site announced has arrived. */
  #isAllHeard({ site, atMs }: Loss): boolean {
    const { topic } = this.#world.regionNamed(regionOf(site));
    const queued = this.#world.regions.map(({ queue }) => queue.oldestMs(topic.name));
    const oldestMs = Math.min(topic.oldestMs, ...queued);
    return oldestMs > atMs + longestPublishMs;
  }

  /** Two may be at it at once, each may be interrupted, and each begins anew. */
  async #insist(loss: Loss): Promise<void> {
    const { scheduler, decisions } = this.#world;
    const random = decisions.of(`operators at ${loss.site}`);
    const operators = random.number() < 0.5 ? 1 : 2;
    await Promise.all(
      Array.from({ length: operators }, async (_none, number) => {
        await scheduler.sleep(number * random.whole(0, 400));
        while (!decisions.isHealed && !(await this.#giveOn(loss))) {
          await scheduler.sleep(lookAgainMs);
        }
      }),
    );
    this.#given.add(loss.site);
  }

  /** @returns false where it has to be done again. */
  async #giveOn({ site }: Loss): Promise<boolean> {
    const { decisions, report } = this.#world;
    this.#runs += 1;
    const name = `${this.name} ${this.#runs}`;
    const random = decisions.of(`${name} is interrupted`);
    const isInterrupted = !decisions.isHealed && random.number() < 0.4;
    const timeoutMs = isInterrupted ? random.whole(20, 3_000) : undisturbedMs;
    // Each run of the command is a process of its own.
    this.#commands.redeploy();
    const outcome = await this.#commands.invoke(name, timeoutMs, async (replicas) => {
      const onLeft = ({ error }: LeftBook) => {
        throw error;
      };
      for await (const _inheritance of retireSite(replicas, site, { onLeft }));
    });
    if (outcome.kind === 'failed' && !(outcome.error instanceof UnavailableError)) {
      report({ guarantee: 'API', what: `${name} failed: ${String(outcome.error)}` });
    }
    return outcome.kind === 'done';
  }
}
