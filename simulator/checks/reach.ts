/** What a front end reached, and what it could have. */
import { regionOf, type Region, type Site } from '../../lib/rules/sites.js';
import type { Try } from '../record/history.js';
import type { World } from '../worlds/world.js';

/** Whether a place answered every call that a request made to it, of which there were some. */
export const isWhollyAnswered = ({ invocation }: Try, place: string): boolean =>
  invocation !== undefined && invocation.answered.has(place) && !invocation.failed.has(place);

/** The regions that answered at least one call of a request. */
export const regionsThatAnswered = ({ regions }: World, { invocation }: Try): Region[] =>
  regions.map(({ name }) => name).filter((name) => invocation?.answered.has(name) === true);

/** The sites that a front end can reach now. */
export const sitesInReach = (world: World, front: string): Site[] =>
  world.sites.filter(
    (site) => !world.network.isCut(front, regionOf(site)) && world.placeOf(site).condition === 'up',
  );

/** Whether any of these sites held the whole book before a step. */
export function isKnownAtAny(
  { truth }: World,
  sites: readonly Site[],
  bookId: number,
  step: number,
): boolean {
  const completeAt = truth.books.get(bookId)?.completeAt;
  return sites.some((site) => (completeAt?.get(site) ?? Infinity) < step);
}
