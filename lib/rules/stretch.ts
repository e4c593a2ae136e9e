/** A part of a sorted list, as one partition or one region of several has it. */
export interface Stretch<Entry> {
  /** In order, each once. */
  readonly entries: readonly Entry[];
  /** Whoever was asked looked no further than this; undefined where the list ends. */
  readonly until?: Entry | undefined;
}

/** As `Array.sort` takes it. */
export type Comparison<Entry> = (one: Entry, other: Entry) => number;

/**
 * What several stretches of one list come to: every entry of any, as far as all of them were looked
 * through. Behind that, another may have an entry that belongs in between (design L8).
 */
export function joinStretches<Entry>(
  stretches: readonly Stretch<Entry>[],
  order: Comparison<Entry>,
): Stretch<Entry> {
  const [until] = stretches.flatMap((stretch) => stretch.until ?? []).sort(order);
  const entries = [...new Set(stretches.flatMap((stretch) => stretch.entries))];
  return {
    entries: entries.filter((entry) => until === undefined || order(entry, until) <= 0).sort(order),
    until,
  };
}
