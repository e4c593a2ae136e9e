import type { Setting } from '../processes/parts.js';
import type { EmulatorKind } from '../files/store-file.js';
import type { Part } from '../processes/supervisor.js';
import type { Watchdog } from '../processes/watchdog.js';

/** The emulator of DynamoDB that keeps the databases of a store, one for each region and the cache. */
export interface TableKeeper {
  readonly kind: EmulatorKind;
  /** Whether it writes only when it ends. */
  readonly keepsInMemory: boolean;
  /** The part that keeps a database: one may keep several. */
  partOf(database: string): string;
  /** Looks whether databases can be read, and changes nothing. @throws Error that says what is wrong */
  check(folder: string, databases: readonly string[], watchdog: Watchdog): Promise<void>;
  /** Makes what the parts need to run well. @returns why that could not be, in words */
  prepare(
    folder: string,
    databases: readonly string[],
    watchdog: Watchdog,
  ): Promise<string | undefined>;
  /** How a part is run that keeps this database. */
  part(database: string, setting: Setting): Part;
}
