/** `npm run retire-site -- --site eu-west-1#1 --gone-for-good`: gives a lost site's copies on. */
import { runCommand } from '../tools/terminal/command.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { parseSite } from '../tools/terminal/site-options.js';
import { UnavailableError } from '../lib/errors.js';
import type { Replica } from '../lib/tables/replica.js';
import { joinWholeSite } from '../lib/replication/reconcile.js';
import type { Site } from '../lib/rules/sites.js';
import { retireSite, type LeftBook } from '../lib/store/retire-site.js';
import { ifAvailable } from '../lib/store/front-end.js';
import { silentTelemetry, type Telemetry } from '../lib/telemetry.js';
import { onTarget } from './command.js';
import { chosenDeployment, deploymentCommand, type DeploymentOptions } from './options.js';
import { replicasOf } from './store/replicas.js';

interface RetirementOptions extends DeploymentOptions {
  readonly site: Site;
  readonly goneForGood?: true;
  readonly takeUp?: true;
}

const command = deploymentCommand('retire-site', 'Gives on the unsold copies of a lost site.')
  .requiredOption('--site <site>', 'the site that is lost, such as eu-west-1#1', parseSite)
  .option('--gone-for-good', 'you know that it will never answer again, nor publish another sale')
  .option('--take-up', 'first read what its restored tables, under their old names, still know')
  .addHelpText(
    'after',
    `
Its copies go to the next incarnation of its region, where --regions names one, or else to
the home region of each book. May be repeated. Read docs/operations.md first.`,
  )
  .action(onTarget(retire));

async function retire({ site, goneForGood, takeUp, ...options }: RetirementOptions): Promise<void> {
  const deployment = chosenDeployment(options);
  if (deployment.sites.includes(site)) {
    throw new CommandError(`${site} is one of the sites that live: name those in --regions`);
  }
  if (goneForGood !== true) {
    throw new CommandError(`say --gone-for-good if ${site} will never answer again`);
  }
  const [former] = replicasOf(deployment.stage, [site]) as [Replica];
  const living = replicasOf(deployment.stage, deployment.sites);
  try {
    if (takeUp !== true) await requireGone(former);
    const left = takeUp === true ? await joinFrom(former, living) : new Set<number>();
    await giveOn(living, site, left);
    if (left.size > 0) {
      throw new CommandError(`${left.size} books were left: mend them, and run this again`);
    }
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    throw new CommandError(`${error.message}: run this again when it does`);
  }
}

/** Tables that still answer may still be sold from. */
async function requireGone({ site, catalog }: Replica): Promise<void> {
  if ((await ifAvailable(catalog.get(0).then(() => true))) !== true) return;
  throw new CommandError(
    `the tables of ${site} still answer: delete them, or --take-up if they are a backup's`,
  );
}

/** @returns the books that one of them could not join: of these more may have been sold than is known. */
async function joinFrom(former: Replica, living: readonly Replica[]): Promise<Set<number>> {
  const telemetry: Telemetry = {
    ...silentTelemetry,
    // Of an item that was left, or of a dispute, which has no error.
    warn: (message, { id, orderId = id, error = '' }) =>
      console.error(`${message}: ${String(orderId)} ${String(error)}`.trimEnd()),
  };
  const left = new Set<number>();
  for (const own of living) {
    for (const bookId of await joinWholeSite({ own, other: former, telemetry })) left.add(bookId);
    console.log(`${own.site} knows what the tables of ${former.site} know`);
  }
  return left;
}

/** @param left books that are not to be given on; those that can't be are added. */
async function giveOn(living: readonly Replica[], former: Site, left: Set<number>): Promise<void> {
  let books = 0;
  let copies = 0;
  const onLeft = ({ bookId, error }: LeftBook) => {
    left.add(bookId);
    console.error(`book ${bookId} was left: ${error.message}`);
  };
  for await (const book of retireSite(living, former, { except: new Set(left), onLeft })) {
    books += 1;
    copies += book.copies;
    console.log(`book ${book.bookId}: ${book.copies} to ${book.heir}`);
  }
  console.log(`${copies} copies of ${books} books given on`);
}

await runCommand(command);
