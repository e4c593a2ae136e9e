import { resolve } from 'node:path';
import { watchAncestors } from './processes/ancestors.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { greeting } from './greeting.js';
import { parseOptions } from './options.js';
import { openStore, type OpenStore } from './store.js';

// `npm start`: starts the whole store, keeps it up, and ends it.

let opening: Promise<OpenStore> | undefined;
let isEnding = false;

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) return;
  const dataDir = resolve(options.dataDir);

  // Said once, by the AWS SDK, of a Node that this project supports.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  // Whoever reads what is printed may end first.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) {
    process.on(signal, () => void end(0));
  }
  watchAncestors(() => void end(0));

  opening = openStore(
    { ...options, dataDir },
    { onNews: tell, onFailure: (failure) => void fail(failure) },
  );
  const store = await (await opening).start();
  if (isEnding) return;
  console.log(greeting(store, dataDir, performance.now()));
  process.send?.('ready');
}

async function end(exitCode: number): Promise<void> {
  // One Ctrl-C may come twice: from the terminal, and from a parent that hands it on.
  if (isEnding) return;
  isEnding = true;
  const store = await opening?.catch(() => undefined);
  await store?.end();
  process.exit(exitCode);
}

async function fail(error: unknown): Promise<void> {
  if (isEnding) return;
  tell(error instanceof CommandError ? error.message : String((error as Error).stack ?? error));
  await end(1);
}

const tell = (line: string): void => console.error(`bazar: ${line}`);

main().catch(fail);
