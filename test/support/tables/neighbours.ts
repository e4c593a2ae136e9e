/** Two regions with a front end in each, which sells in its own region first. */
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { type Interceptor } from '../faults/barrier.js';
import { startEmulators, type Emulators } from '../../../services/emulators.js';
import { makeFreshFrontEnd, makeFrontEnd, patience } from './front-ends.js';

export const us = 'us-east-1';
export const eu = 'eu-west-1';

export interface Neighbours {
  readonly emulators: Emulators;
  /** In us-east-1. */
  readonly here: FrontEnd;
  /** In eu-west-1, with a cache of its own. */
  readonly there: FrontEnd;
  /** As `here`, on the same cache, with these between it and every place. */
  readonly faulty: (...interceptors: readonly Interceptor[]) => FrontEnd;
  /** The same, with a cache of its own that knows nothing yet. */
  readonly ignorant: (...interceptors: readonly Interceptor[]) => Promise<FrontEnd>;
}

export async function startNeighbours(): Promise<Neighbours> {
  const emulators = await startEmulators([us, eu], patience);
  const { config } = emulators;
  const routing = { sales: 'nearest' } as const;
  const optionsOf = (interceptors: readonly Interceptor[]) =>
    ({ region: us, routing, faults: interceptors }) as const;
  return {
    emulators,
    here: makeFrontEnd(config, { region: us, routing }),
    there: await makeFreshFrontEnd(config, { region: eu, routing }),
    faulty: (...interceptors) => makeFrontEnd(config, optionsOf(interceptors)),
    ignorant: (...interceptors) => makeFreshFrontEnd(config, optionsOf(interceptors)),
  };
}
