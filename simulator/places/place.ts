/** Where tables are, who calls them, and with what. */
import type { Region } from '../../lib/rules/sites.js';
import type { Invocation } from '../clockwork/lambda-deployment.js';
import type { Refusal } from '../dynamodb/behaviour.js';

export interface Command {
  readonly input: Readonly<Record<string, unknown>>;
}

/** Where tables are: a replica region, or the cache of a front end. */
export interface Place {
  readonly name: string;
  readonly region: Region;
  condition: 'up' | 'down' | 'hung';
  /** What arrived while it hung; carried out when it goes on. */
  readonly held: (() => void)[];
  /**
   * Carries a command out at once, unless `refusal` says why not.
   *
   * @throws what the SDK throws.
   */
  execute(command: Command, invocation: Invocation, refusal?: Refusal): unknown;
}

/** The place of a front end's cache. */
export const cacheOf = (front: string): string => `cache of ${front}`;

/** Who calls: a front end, or a region's own functions. */
export interface Caller {
  readonly name: string;
  readonly region: Region;
}

/** A request that was carried out after whoever sent it had given it up. */
export interface LateRequest {
  readonly command: Command;
  readonly invocation: Invocation;
  /** Undefined where it was done. */
  readonly error: Error | undefined;
}

export type Result<Output = unknown> =
  | { readonly isDone: true; readonly output: Output }
  | { readonly isDone: false; readonly error: Error };

/** What comes of a command that is carried out by `work`, to be told later. */
export function resultOf<Output>(work: () => Output): Result<Output> {
  try {
    return { isDone: true, output: work() };
  } catch (error) {
    return { isDone: false, error: error as Error };
  }
}

export function settle(
  result: Result,
  resolve: (output: unknown) => void,
  reject: (error: Error) => void,
): void {
  if (result.isDone) resolve(result.output);
  else reject(result.error);
}

export const nameOf = (command: object): string => command.constructor.name.replace(/Command$/, '');
