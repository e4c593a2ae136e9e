/** What the options of commands that name sites or regions are read by. */
import { InvalidArgumentError } from 'commander';
import { isRegion, isSite, regionOf, type Region, type Site } from '../../lib/rules/sites.js';

/** A site, written with its incarnation, such as `eu-west-1#2`. */
export function parseSite(text: string): Site {
  if (isSite(text)) return text;
  throw new InvalidArgumentError('A site is written like us-east-1#1.');
}

/** Comma-separated sites, each in its first incarnation unless it says otherwise. */
export function parseSites(text: string): Site[] {
  const sites = entriesOf(text).map((entry) =>
    parseSite(entry.includes('#') ? entry : `${entry}#1`),
  );
  refuseRepeats(sites.map(regionOf));
  return sites;
}

/** Comma-separated regions. */
export function parseRegions(text: string): Region[] {
  const regions = entriesOf(text);
  if (!regions.every(isRegion)) {
    throw new InvalidArgumentError('Regions are written like us-east-1,eu-west-1.');
  }
  refuseRepeats(regions);
  return regions;
}

const entriesOf = (text: string): string[] => text.split(',').map((entry) => entry.trim());

function refuseRepeats(regions: readonly Region[]): void {
  if (new Set(regions).size === regions.length) return;
  throw new InvalidArgumentError('A region can be named only once.');
}
