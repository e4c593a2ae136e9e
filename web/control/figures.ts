/** What follows from what the regions' own tables say of a book. */
import type { ReplicaRow } from './types.js';

/** Where a book's copies are. */
export interface Copies {
  readonly regions: readonly RegionCopies[];
  /** Given away by one region and not yet known to the other; undefined while a region is away. */
  readonly onTheirWay: number | undefined;
  readonly stocked: number;
  /** Whether every region answered and all believe the same, to the last copy. */
  readonly isAgreed: boolean;
}

export interface RegionCopies {
  readonly region: string;
  /** False where its own table could not be asked: its figures are not known. */
  readonly isKnown: boolean;
  readonly maySell: number;
  readonly sold: number;
  readonly writtenOff: number;
  readonly stocked: number;
  /** Copies that this region believes are for sale anywhere. */
  readonly believes: number;
}

export function copiesOf(rows: readonly ReplicaRow[]): Copies {
  const regions = rows.map(
    ({ region, reachable, stock, rights, sold, writtenOff, stocked }): RegionCopies => ({
      region,
      isKnown: reachable && stock !== undefined,
      maySell: rights ?? 0,
      sold: sold ?? 0,
      writtenOff: writtenOff ?? 0,
      stocked: stocked ?? 0,
      believes: stock ?? 0,
    }),
  );
  const isWhole = regions.length > 0 && regions.every(({ isKnown }) => isKnown);
  const left = sumOf(regions, contributionOf);
  const maySell = sumOf(regions, (region) => region.maySell);
  return {
    regions,
    onTheirWay: isWhole ? Math.max(0, left - maySell) : undefined,
    stocked: sumOf(regions, ({ stocked }) => stocked),
    isAgreed: isWhole && maySell === left && regions.every(({ believes }) => believes === left),
  };
}

/** Copies that a region's own row brings to the whole that is for sale; negative where it sold others'. */
export const contributionOf = ({ stocked, sold, writtenOff }: RegionCopies): number =>
  stocked - sold - writtenOff;

/** What a region believes that all others bring. */
export const beliefOfOthers = (region: RegionCopies): number =>
  region.believes - contributionOf(region);

const sumOf = <Item>(items: readonly Item[], figure: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + figure(item), 0);
