/** When a part of the store was out of reach, by the clock of `performance.now`. */
export interface Outages {
  begin(): void;
  end(): void;
  /** Whether it was at any moment between two times. */
  overlap(fromMs: number, toMs: number): boolean;
}

export function recordOutages(): Outages {
  const spans: { readonly fromMs: number; toMs: number }[] = [];
  return {
    begin: () => void spans.push({ fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY }),
    end() {
      const last = spans.at(-1);
      if (last) last.toMs = performance.now();
    },
    overlap: (fromMs, toMs) => spans.some((span) => span.fromMs <= toMs && span.toMs >= fromMs),
  };
}
