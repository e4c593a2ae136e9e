/** `npm run simulate:mutants`: takes out one mechanism of the store at a time, to see it missed. */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { runCommand, wholeNumber } from '../cli/command.js';
import { formatTable } from '../cli/table.js';
import { bundleWorker } from './bundle.js';
import { readDefinitions, type Definitions } from './definitions.js';
import { mutations, type Mutation } from './mutations.js';
import { Pool } from './pool.js';
import { stepsInOneWorld } from './simulate-options.js';

interface MutantsOptions {
  readonly steps: number;
  readonly jobs: number;
  readonly only?: string;
}

interface Verdict {
  readonly guarantee: string;
  readonly seed: number;
  /** Of all worlds up to the one that showed it. */
  readonly steps: number;
}

const command = new Command('simulate:mutants')
  .description(
    'Takes out one mechanism of the store at a time, and runs worlds until one shows it.',
  )
  .usage('-- [options]')
  .option(
    '--steps <N>',
    'a mutant that survives so many steps has survived',
    wholeNumber(1, 1_000_000_000),
    2_000_000,
  )
  .option('--jobs <N>', 'worlds at once', wholeNumber(1, 64), availableParallelism())
  .option('--only <TEXT>', 'only the mechanisms whose name holds this text')
  .showSuggestionAfterError(false)
  .allowExcessArguments(false)
  .action(async () => {
    process.exitCode = await runMutants(command.opts<MutantsOptions>());
  });

async function runMutants(options: MutantsOptions): Promise<number> {
  const definitions = await readDefinitions();
  const chosen = mutations.filter(({ name }) => name.includes(options.only ?? ''));
  const rows: string[][] = [];
  for (const mutation of chosen) {
    const verdict = await catchMutant(mutation, definitions, options);
    const row =
      verdict === undefined
        ? [mutation.name, 'SURVIVED', '', '']
        : [mutation.name, verdict.guarantee, String(verdict.steps), String(verdict.seed)];
    rows.push(row);
    console.log(row.join(' | '));
  }
  const survived = rows.filter(([, guarantee]) => guarantee === 'SURVIVED').length;
  console.log(`\n${formatTable([['without: ', 'caught by', 'steps', 'seed'], ...rows])}`);
  console.log(`\n${rows.length} mutants, ${survived} survived`);
  return survived === 0 ? 0 : 1;
}

/** Runs worlds of the seeds 1, 2, … until one shows that the mechanism is missing. */
async function catchMutant(
  { replacements, regions }: Mutation,
  definitions: Definitions,
  { steps: most, jobs }: MutantsOptions,
): Promise<Verdict | undefined> {
  const pool = new Pool(await bundleWorker(replacements), jobs);
  let seed = 0;
  let steps = 0;
  let verdict: Verdict | undefined;
  const search = async (): Promise<void> => {
    while (verdict === undefined && steps < most) {
      seed += 1;
      const result = await pool.run({ seed, steps: stepsInOneWorld, regions, definitions });
      steps += result.steps;
      const [violation] = result.violations;
      if (violation !== undefined) {
        verdict ??= { guarantee: violation.guarantee, seed: result.seed, steps };
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, search));
    return verdict;
  } finally {
    await pool.stop();
  }
}

await runCommand(command);
