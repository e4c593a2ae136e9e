/** What a part of the bench is, and what comes of it. */

/** One of the questions that the bench answers. It can be run by itself: `--only NAME`. */
export interface Part {
  readonly name: string;
  /** The question, as a heading. */
  readonly title: string;
  run(context: Context): Promise<Result>;
}

export interface Context {
  /** Calls of each kind, with each number of clients. */
  readonly count: number;
  /** Sizes of the catalogue, in books, in ascending order. */
  readonly books: readonly number[];
  /** A CSV file with titles and authors, for books that are searched for by words; made up unless given. */
  readonly titles?: string;
  /** How many sales the largest catalogue has behind it at last. */
  readonly sales: number;
  /** Aborts when the bench is to end: long loops look at it. */
  readonly signal: AbortSignal;
  /** Shows a line of progress. */
  readonly tell: (line: string) => void;
  /** Does something when the part is over, however it ends; what was deferred last is done first. */
  readonly defer: (step: () => Promise<unknown> | void) => void;
}

export interface Result {
  /** What a reader wants to know first. */
  readonly ratios: readonly Ratio[];
  /** What they are made of: the first row's keys are the headings, with their units. */
  readonly rows: readonly Row[];
  readonly plots?: readonly Plot[];
  /** How it was measured, where the headings don't say it. */
  readonly notes?: readonly string[];
}

/** A figure without a unit, which means the same on another machine. */
export interface Ratio {
  readonly name: string;
  readonly value: number;
  /** Up to where it is good. */
  readonly goal?: number;
}

export type Row = Readonly<Record<string, string | number>>;

/** Bars in groups: one bar for each series in each group. */
export interface Plot {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly title: string;
  /** What the axis says. */
  readonly unit: string;
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly number[] }[];
}
