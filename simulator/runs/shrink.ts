/**
 * Finds a short history that still shows a violation: of all that happened in a run but need not
 * have, as much as possible is left out (delta debugging, Zeller and Hildebrandt, 2002).
 */
import type { RunOptions, RunResult } from './run.js';

const mostRuns = 400;

export async function shrink(
  options: RunOptions,
  found: RunResult,
  runOnce: (options: RunOptions) => Promise<RunResult>,
): Promise<RunResult> {
  const wanted = kindOf(found);
  let runsLeft = mostRuns;
  const tryWith = async (allowed: readonly string[]): Promise<RunResult | undefined> => {
    runsLeft -= 1;
    const result = await runOnce({ ...options, allowed, untilMs: found.healedAtMs });
    return kindOf(result) === wanted ? result : undefined;
  };

  const repeated = await tryWith(found.taken);
  if (repeated === undefined) return found;
  let best: RunResult = repeated;
  let parts = 2;
  for (;;) {
    if (runsLeft <= 0 || best.taken.length === 0) return best;
    const { taken } = best;
    const size = Math.ceil(taken.length / parts);
    const candidates = Array.from({ length: Math.ceil(taken.length / size) }, (_part, part) =>
      taken.filter((_name, place) => Math.floor(place / size) !== part),
    );
    const results = await Promise.all(candidates.map(tryWith));
    const [smaller] = results
      .filter((result) => result !== undefined)
      .sort((one, other) => one.taken.length - other.taken.length);
    if (smaller !== undefined && smaller.taken.length < taken.length) {
      best = smaller;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) {
      return best;
    } else {
      parts = Math.min(taken.length, parts * 2);
    }
  }
}

/** What was violated and how, without names and numbers: another violation is another history. */
const kindOf = ({ violations: [violation] }: RunResult): string =>
  violation === undefined
    ? ''
    : `${violation.guarantee} ${violation.what.replaceAll(/[\da-f]*\d[\da-f]*/g, '').slice(0, 60)}`;
