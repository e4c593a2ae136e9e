/** What `npm run deploy` and `npm run remove` are told: the stage and its regions. */
import { InvalidArgumentError, type Command } from 'commander';
import { newCommand } from '../tools/terminal/command.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { regionOf, type Region, type Site } from '../lib/rules/sites.js';
import { parseRegions, parseSites } from '../tools/terminal/site-options.js';
import { configuredTopology } from '../services/topology.js';

/** A whole deployment: every replica site and every front end of a stage. */
export interface Deployment {
  readonly stage: string;
  readonly sites: readonly Site[];
  readonly fronts: readonly Region[];
}

export interface DeploymentOptions {
  readonly stage: string;
  readonly regions?: readonly Site[];
  readonly front?: readonly Region[];
}

/** A command with the options that say which deployment is meant. */
export function deploymentCommand(name: string, description: string): Command {
  return newCommand(name, description)
    .option('--stage <name>', 'lower-case letters and digits', parseStage, 'dev')
    .option(
      '--regions <list>',
      'every replica region, such as us-east-1,eu-west-1; us-east-1#2 is its second incarnation',
      parseSites,
    )
    .option('--front <list>', 'every region with a front end, such as us-east-1', parseRegions);
}

/**
 * The deployment that the options mean; what they leave out, resources/config.yml says.
 *
 * @throws CommandError where that says nothing of use.
 */
export function chosenDeployment({ stage, regions, front }: DeploymentOptions): Deployment {
  const configured = configuredTopology();
  const sites = regions ?? configured.sites;
  const fronts = front ?? configured.fronts;
  if (sites.length === 0) throw new CommandError('no replica region is named: give --regions');
  if (fronts.length === 0) throw new CommandError('no front-end region is named: give --front');
  return { stage, sites, fronts };
}

/** Every region with a stack of the deployment, each once. */
export const regionsIn = ({ sites, fronts }: Deployment): Region[] => [
  ...new Set([...sites.map(regionOf), ...fronts]),
];

/**
 * Without dashes, so that the names of one stage's resources never begin with another's; short,
 * since CloudFormation makes longer names of the stack's.
 */
function parseStage(text: string): string {
  if (/^[a-z][a-z0-9]{0,15}$/.test(text)) return text;
  throw new InvalidArgumentError(
    'A stage is a lower-case letter and at most 15 more letters or digits.',
  );
}
