/** What the store takes from the machine it runs on; passed in, so that a simulator can stand in. */
export interface System {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  /** A fresh identifier that nobody can guess. */
  uuid(): string;
  sleep(durationMs: number): Promise<void>;
}

export const realSystem: System = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => crypto.randomUUID(),
  sleep: (durationMs) =>
    new Promise((resolve) => {
      setTimeout(resolve, durationMs);
    }),
};
