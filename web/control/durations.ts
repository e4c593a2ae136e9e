/** How long something is, in the reader's language: `0.4 sec`, `3 min`. */

const seconds = new Intl.NumberFormat(navigator.languages, {
  style: 'unit',
  unit: 'second',
  unitDisplay: 'narrow',
  maximumFractionDigits: 1,
});
const minutes = new Intl.NumberFormat(navigator.languages, {
  style: 'unit',
  unit: 'minute',
  unitDisplay: 'short',
  maximumFractionDigits: 0,
});

export const formatDuration = (durationMs: number): string =>
  durationMs < 120_000 ? seconds.format(durationMs / 1000) : minutes.format(durationMs / 60_000);
