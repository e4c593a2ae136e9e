import type { Decisions } from './decisions.js';
import type { Profile } from './profile.js';
import type { Scheduler } from './scheduler.js';

/** What makes a world go. */
export interface Clockwork {
  readonly scheduler: Scheduler;
  readonly decisions: Decisions;
  readonly profile: Profile;
}
