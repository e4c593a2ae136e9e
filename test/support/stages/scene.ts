import type { FrontEnd } from '../../../lib/store/front-end.js';
import { outage, recordCalls, type Outage, type Recording } from '../faults/barrier.js';
import { makeClock } from '../faults/clock.js';
import type { FrontEndOptions } from '../tables/front-ends.js';
import type { Stage } from './stage.js';

export interface Scene {
  readonly front: FrontEnd;
  /** What it sent, whether or not that arrived. */
  readonly calls: Recording;
  /** Its links to every place. */
  readonly links: Outage;
  readonly advance: (durationMs: number) => void;
}

/** A front end with an empty cache and a clock of its own, whose calls are recorded and whose links can be cut. */
export async function openScene(
  stage: Stage,
  options: Pick<FrontEndOptions, 'region' | 'routing'> = {},
): Promise<Scene> {
  const calls = recordCalls();
  const links = outage();
  const { system, advance } = makeClock();
  const front = await stage.freshFront({
    ...options,
    system,
    faults: [calls.interceptor, links.interceptor],
  });
  return { front, calls, links, advance };
}
