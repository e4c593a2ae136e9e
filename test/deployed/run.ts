/** `npm run test:deployed`: the tests over HTTP, on a store that runs somewhere. */
import { runCommand, wholeNumber } from '../../tools/terminal/command.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import {
  checkedToken,
  concurrencyVariable,
  deployedStoreCommand,
  endpointsVariable,
  tokenVariable,
  type DeployedStoreOptions,
} from '../../client/deployed-store.js';
import { runTests } from '../../tools/processes/run-program.js';

interface Options extends DeployedStoreOptions {
  readonly concurrency: number;
}

const command = deployedStoreCommand(
  'test:deployed',
  'Tests a running store over HTTP, with no access but its API and the admin token.',
)
  .option(
    '--concurrency <N>',
    'how many requests at once; an emulator needs a process for each',
    wholeNumber(1, 1000),
    16,
  )
  .addHelpText(
    'after',
    `
With two front ends, those of one store, it also tests what one sees of the other. It leaves some
hundred books and orders behind: the API can't delete them.`,
  )
  .action(async ({ endpoint: urls = [], tokenFile, concurrency }: Options) => {
    if (urls.length === 0) throw new CommandError('say with --endpoint where the store answers');
    const token = await checkedToken(urls, tokenFile);
    if (urls.length === 1) {
      console.log('One endpoint: what two front ends see of each other is skipped.');
    }
    process.exitCode = await runTests('test/deployed/jest.config.js', {
      [endpointsVariable]: urls.join(' '),
      [concurrencyVariable]: String(concurrency),
      [tokenVariable]: token,
    });
  });

await runCommand(command);
