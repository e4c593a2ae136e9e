/** A clock that may be wrong, by more or less as time goes on. */
export class SkewedClock {
  readonly #now: () => number;
  /** By how much it was wrong, and since when; the first since ever. */
  readonly #offsets = [{ sinceMs: Number.NEGATIVE_INFINITY, offsetMs: 0 }];

  /** @param now the true time in milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get offsetMs(): number {
    return this.#offsets.at(-1)?.offsetMs as number;
  }

  set offsetMs(offsetMs: number) {
    this.#offsets.push({ sinceMs: this.#now(), offsetMs });
  }

  /** Bounds of all that it showed from one true time to another. */
  shownBetween(fromMs: number, toMs: number): { earliestMs: number; latestMs: number } {
    const offsets = this.#offsets
      .filter(
        ({ sinceMs }, place) =>
          sinceMs <= toMs && (this.#offsets[place + 1]?.sinceMs ?? Infinity) >= fromMs,
      )
      .map(({ offsetMs }) => offsetMs);
    return { earliestMs: fromMs + Math.min(...offsets), latestMs: toMs + Math.max(...offsets) };
  }
}
