/** What the commands that speak to AWS have in common. */
import { CommandError } from '../tools/terminal/command-error.js';
import { chooseTarget } from './target.js';

/** An action that prepares for its target first, and whose failures at AWS are one line too. */
export function onTarget<Args extends unknown[]>(
  action: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      chooseTarget();
      await action(...args);
    } catch (error) {
      throw isFromAws(error) ? new CommandError(describe(error), { cause: error }) : error;
    }
  };
}

/** Prints a step of a longer work. */
export const tellStep = (line: string): void => console.log(`  ${line}`);

/** The SDK marks what it throws of a service's answer, or of there being none. */
const isFromAws = (error: unknown): error is Error =>
  error instanceof Error && ('$fault' in error || '$metadata' in error);

const describe = ({ name, message }: Error): string =>
  `AWS answers ${name}: ${message.replaceAll(/\s+/g, ' ').trim()}`;
