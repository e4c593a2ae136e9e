/** `npm run retire-site -- --site eu-west-1#1 --gone-for-good`: gives a lost site's copies on. */
import { CommandError, runCommand } from '../cli/command.js';
import { UnavailableError } from '../lib/errors.js';
import type { Replica } from '../lib/replica/replica.js';
import { takeUpWhole } from '../lib/replication/reconcile.js';
import type { Site } from '../lib/sites.js';
import { retireSite } from '../lib/store/retire-site.js';
import { ifAvailable } from '../lib/store/front-end.js';
import { silentTelemetry } from '../lib/telemetry.js';
import { onTarget } from './command.js';
import {
  chosenDeployment,
  deploymentCommand,
  parseSite,
  type DeploymentOptions,
} from './options.js';
import { replicasOf } from './replicas.js';

interface RetirementOptions extends DeploymentOptions {
  readonly site: Site;
  readonly goneForGood?: true;
  readonly takeUp?: true;
}

const command = deploymentCommand('retire-site', 'Gives on the unsold copies of a lost site.')
  .requiredOption('--site <site>', 'the site that is lost, such as eu-west-1#1', parseSite)
  .option('--gone-for-good', 'you know that it will never answer again, nor announce another sale')
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
    if (takeUp) await takeUpFrom(former, living);
    else await requireGone(former);
    await giveOn(living, site);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    throw new CommandError(`${error.message}: run this again when it does`);
  }
}

/** Tables that still answer may still be sold from. */
async function requireGone({ site, catalog }: Replica): Promise<void> {
  if ((await ifAvailable(catalog.get(0, { consistent: true }).then(() => true))) !== true) return;
  throw new CommandError(
    `the tables of ${site} still answer: delete them, or --take-up if they are a backup's`,
  );
}

async function takeUpFrom(former: Replica, living: readonly Replica[]): Promise<void> {
  for (const own of living) {
    await takeUpWhole({ own, other: former, telemetry: silentTelemetry });
    console.log(`${own.site} knows what the tables of ${former.site} know`);
  }
}

async function giveOn(living: readonly Replica[], former: Site): Promise<void> {
  let books = 0;
  let copies = 0;
  for await (const book of retireSite(living, former)) {
    books += 1;
    copies += book.copies;
    console.log(`book ${book.bookId}: ${book.copies} to ${book.heir}`);
  }
  console.log(`${copies} copies of ${books} books given on`);
}

await runCommand(command);
