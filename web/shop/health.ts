/** Whether all of the store is in reach. */
import { signal } from '@preact/signals';
import { call, reach } from '../common/api.js';
import type { Health } from '../common/types.js';
import { whileVisible } from '../common/visible.js';

export const health = signal<Health['status']>('ok');

const usualPauseMs = 60_000;
/** While something is out of order, whose end is to be seen soon. */
const shortPauseMs = 5000;

/** @returns what ends it */
export const watchHealth = (): (() => void) =>
  whileVisible(async (signal_) => {
    const outcome = await call<Health>('health', { signal: signal_ });
    if (outcome.kind === 'answer') health.value = outcome.body.status;
    else if (!reach.value.isOffline) health.value = 'down';
    return health.value === 'ok' && !reach.value.isOffline ? usualPauseMs : shortPauseMs;
  }, 2000);
