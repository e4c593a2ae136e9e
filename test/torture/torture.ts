/** `npm run torture`: a whole store, customers, one fault after another; and then, does it all hold? */
import { Command } from 'commander';
import {
  catchInterruption,
  runCommand,
  wholeNumber,
  type Interruption,
} from '../../tools/terminal/command.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { openArena, type Arena } from '../support/stages/arena.js';
import { run, type RunOptions } from './run.js';

interface Options extends Omit<RunOptions, 'seed'> {
  readonly seed?: number;
}

const command = new Command('torture')
  .description('Runs a store on real processes, with customers and with faults, and checks it.')
  .usage('-- [options]')
  .option('--seconds <N>', 'how long customers and faults go on', wholeNumber(1, 86_400), 60)
  .option('--clients <N>', 'how many customers at once', wholeNumber(1, 1000), 8)
  .option(
    '--seed <N>',
    'repeats the faults and the choices of an earlier run',
    wholeNumber(0, 0xffff_ffff),
  )
  .addHelpText(
    'after',
    `
Databases are killed and stopped, the paths from the API to them are cut, slowed and made to lose
answers, kept connections are closed, workers are killed with a batch in hand, queues are lost, the API
is killed. Afterwards all is healed, and what the tables hold is checked against what customers were
told; the exit code is 1 where a promise was broken. Ctrl-C ends it all, without the checks.`,
  )
  .showSuggestionAfterError(false)
  .allowExcessArguments(false)
  .action(async ({ seconds, clients, seed = Math.floor(Math.random() * 2 ** 32) }: Options) => {
    // Said once, by the AWS SDK, of a Node that this project supports.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
    const interruption = catchInterruption();
    console.log(`${clients} clients for ${seconds} s, seed ${seed}`);
    const violations = await inArena(interruption, (arena, abandoned) =>
      run(arena, { seconds, clients, seed }, abandoned),
    );
    if (violations === undefined) {
      process.exitCode = interruption.exitCode();
      return;
    }
    console.log(`seed ${seed}`);
    process.exitCode = violations.length > 0 ? 1 : 0;
  });

/** Undefined where it was interrupted; the store is gone by then, too. */
async function inArena<Result>(
  { signal }: Interruption,
  act: (arena: Arena, abandoned: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  const interrupted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined));
  });
  const over = new AbortController();
  let arena: Arena | undefined;
  try {
    arena = await openArena().catch((error: Error) => {
      throw new CommandError(error.message);
    });
    if (signal.aborted) return undefined;
    const result = act(arena, over.signal);
    // Where something else ends the run, what becomes of the rest is nobody's concern.
    result.catch(() => {});
    return await Promise.race([result, interrupted, failWhenEnded(arena)]);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    over.abort();
    await arena?.close();
  }
}

async function failWhenEnded({ store }: Arena): Promise<never> {
  const exitCode = await store.ended;
  throw new CommandError(`the store ended by itself (${exitCode}): ${store.output().trim()}`);
}

await runCommand(command);
// Customers of a run that was abandoned would go on asking.
process.exit();
