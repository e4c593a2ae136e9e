/** `npm run simulate:mutants`: takes out one mechanism of the store at a time, to see it missed. */
import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { newCommand, runCommand, wholeNumber } from '../tools/terminal/command.js';
import { startProgress } from '../tools/terminal/progress.js';
import { formatCount, formatTable } from '../tools/terminal/table.js';
import { markdownTable, writeSection } from '../tools/document-section.js';
import { bundleWorker } from './runs/bundle.js';
import { readDefinitions, type Definitions } from './places/definitions.js';
import { mutations, type Mutation } from './runs/mutations.js';
import { Pool } from './runs/pool.js';
import type { RunResult } from './runs/run.js';
import { proofFile, stepsInOneWorld } from './runs/simulate-options.js';

interface MutantsOptions {
  readonly steps: number;
  readonly jobs: number;
  readonly only?: string;
  readonly writeProof?: true;
}

interface Verdict {
  readonly guarantee: string;
  readonly seed: number;
  /** Of all worlds up to the one that showed it. */
  readonly steps: number;
}

const survived = 'SURVIVED';

const command = newCommand(
  'simulate:mutants',
  'Takes out one mechanism of the store at a time, and runs worlds until one shows it.',
)
  .option(
    '--steps <N>',
    'a mutant that survives so many steps has survived',
    wholeNumber(1, 1_000_000_000),
    2_000_000,
  )
  .option('--jobs <N>', 'worlds at once', wholeNumber(1, 64), availableParallelism())
  .option('--only <TEXT>', 'only the mechanisms whose name holds this text')
  .addOption(
    new Option('--write-proof', 'also writes the results into docs/proof.md').conflicts('only'),
  )
  .action(async () => {
    process.exitCode = await runMutants(command.opts<MutantsOptions>());
  });

async function runMutants(options: MutantsOptions): Promise<number> {
  const definitions = await readDefinitions();
  const chosen = mutations.filter(({ name }) => name.includes(options.only ?? ''));
  const rows: string[][] = [];
  let running = '';
  let steps = 0;
  const progress = startProgress({
    total: chosen.length,
    done: () => rows.length,
    describe: () =>
      `${rows.length} of ${chosen.length} mutants; ${steps} steps without: ${running}`,
  });
  try {
    for (const mutation of chosen) {
      running = mutation.name;
      steps = 0;
      const verdict = await catchMutant(mutation, definitions, options, (sum) => (steps = sum));
      const row =
        verdict === undefined
          ? [mutation.name, survived, '', '']
          : [mutation.name, verdict.guarantee, formatCount(verdict.steps), String(verdict.seed)];
      rows.push(row);
      progress.note(row.join(' | '));
    }
  } finally {
    progress.stop();
  }
  const survivors = rows.filter(([, guarantee]) => guarantee === survived).length;
  const table = [['without', 'caught by', 'steps', 'seed'], ...rows];
  const outcome = `${rows.length} mutants, ${survivors} survived`;
  console.log(`${formatTable(table)}\n\n${outcome}`);
  if (options.writeProof) {
    await writeSection(proofFile, 'mutants', `${markdownTable(table)}\n\n${outcome}.`);
  }
  return survivors === 0 ? 0 : 1;
}

/** Runs worlds of the seeds 1, 2, … until one shows that the mechanism is missing. */
async function catchMutant(
  { replacements, regions }: Mutation,
  definitions: Definitions,
  { steps: most, jobs }: MutantsOptions,
  onSteps: (steps: number) => void,
): Promise<Verdict | undefined> {
  const pool = new Pool(await bundleWorker(replacements), jobs);
  const results: RunResult[] = [];
  let seed = 0;
  const isCaught = () => results.some(({ violations }) => violations.length > 0);
  const search = async (): Promise<void> => {
    while (!isCaught() && stepsOf(results) < most) {
      seed += 1;
      const result = await pool.run({ seed, steps: stepsInOneWorld, regions, definitions });
      results.push(result);
      onSteps(stepsOf(results));
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, search));
  } finally {
    await pool.stop();
  }
  // Of worlds that ran at once the first counts, whichever ended first.
  results.sort((one, other) => one.seed - other.seed);
  const first = results.findIndex(({ violations }) => violations.length > 0);
  const caught = results[first];
  const [violation] = caught?.violations ?? [];
  if (caught === undefined || violation === undefined) return undefined;
  return {
    guarantee: violation.guarantee,
    seed: caught.seed,
    steps: stepsOf(results.slice(0, first + 1)),
  };
}

const stepsOf = (results: readonly RunResult[]): number =>
  results.reduce((sum, { steps }) => sum + steps, 0);

await runCommand(command);
