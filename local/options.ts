import { CommanderError, InvalidArgumentError } from 'commander';
import { newCommand } from '../tools/terminal/command.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { parseRegions } from '../tools/terminal/site-options.js';

export interface StartOptions {
  /** The port of the API; 0 takes any free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Begin with an empty store, whatever the folder holds. */
  readonly fresh: boolean;
  /** The replica regions; undefined: those of resources/config.yml. */
  readonly regions: readonly string[] | undefined;
}

/**
 * Reads the command line.
 *
 * @throws CommandError for what is not understood.
 * @returns undefined where only help was asked for, which is then printed.
 */
export function parseOptions(argv: readonly string[]): StartOptions | undefined {
  const command = newCommand(
    'npm start',
    'Runs the whole store on this machine, on embedded emulators.',
  )
    .option('--port <number>', 'port of the API; 0 takes any free one', parsePort, 3000)
    .option('--data <folder>', 'where the data are kept', '.bazar')
    .option('--fresh', 'begin with an empty store', false)
    .option('--regions <list>', 'replica regions, such as us-east-1,eu-west-1', parseRegions)
    .helpOption('--help', 'show this help')
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new CommandError(`${error.message.replace(/^error: /, '')} (--help shows the options)`);
  }
  const { port, data, fresh, regions } = command.opts<{
    port: number;
    data: string;
    fresh: boolean;
    regions?: string[];
  }>();
  return { port, dataDir: data, fresh, regions };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError('A port is a number from 1 to 65535.');
  }
  return port;
}
