/** What the commands have in common: options, one-line failures, Ctrl-C. */
import { Command, InvalidArgumentError } from 'commander';
import { CommandError } from './command-error.js';

/** A command that npm runs, and that takes nothing but its options. */
export const newCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .usage('-- [options]')
    .showSuggestionAfterError(false)
    .allowExcessArguments(false);

/** Runs the command's action; a failure that a user can act on becomes one line on stderr. */
export async function runCommand(command: Command): Promise<void> {
  try {
    await command.parseAsync();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}

/** An option's parser: a whole number within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

export interface Interruption {
  readonly signal: AbortSignal;
  /** What a shell expects after the signal that was caught; undefined while none was. */
  exitCode(): number | undefined;
}

/** npm and tsx may pass one Ctrl-C on several times. */
const sameInterruptionMs = 500;

/** Turns the first Ctrl-C or SIGTERM into an abort; the second ends the process at once. */
export function catchInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let caughtAtMs = 0;
  const interrupt = (code: number) => () => {
    if (exitCode !== undefined) {
      if (performance.now() - caughtAtMs > sameInterruptionMs) process.exit(code);
      return;
    }
    exitCode = code;
    caughtAtMs = performance.now();
    controller.abort(new Error('interrupted'));
  };
  process.on('SIGINT', interrupt(130)).on('SIGTERM', interrupt(143));
  return { signal: controller.signal, exitCode: () => exitCode };
}
