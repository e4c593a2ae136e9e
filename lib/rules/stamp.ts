/**
 * Stamps of last-writer-wins registers: a hybrid logical clock (Kulkarni et al., 2014) and the
 * region, as one text whose order is the clock's order.
 */
import type { Region } from './sites.js';

/** `<15 digits of milliseconds>.<6 digits of counter>@<region>` */
export type Stamp = string;

const pattern = /^(\d{15})\.(\d{6})@(.+)$/;

const format = (timeMs: number, counter: number, region: Region): Stamp =>
  `${String(timeMs).padStart(15, '0')}.${String(counter).padStart(6, '0')}@${region}`;

/** A stamp later than every one of `seen`, at the time `nowMs` or as little after it as possible. */
export function nextStamp(nowMs: number, region: Region, seen: readonly Stamp[]): Stamp {
  let timeMs = nowMs;
  let counter = 0;
  for (const stamp of seen) {
    const [, time, count] = pattern.exec(stamp) ?? [];
    if (time === undefined || count === undefined) continue;
    if (Number(time) > timeMs || (Number(time) === timeMs && Number(count) >= counter)) {
      timeMs = Number(time);
      counter = Number(count) + 1;
    }
  }
  // A counter that ran over six digits would sort wrongly: carry it into the time.
  if (counter > 999_999) return format(timeMs + 1, 0, region);
  return format(timeMs, counter, region);
}
