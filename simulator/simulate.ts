/** `npm run simulate`: tries to break what the store guarantees. */
import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { newCommand, runCommand, wholeNumber } from '../tools/terminal/command.js';
import { startProgress } from '../tools/terminal/progress.js';
import { formatCount, formatTable } from '../tools/terminal/table.js';
import { markdownTable, writeSection } from '../tools/document-section.js';
import { bundleWorker } from './runs/bundle.js';
import { readDefinitions } from './places/definitions.js';
import type { Totals } from './worlds/last-writer-wins.js';
import { Pool } from './runs/pool.js';
import { comparisonRows, describeViolation, Tally } from './runs/report.js';
import type { RunOptions, RunResult } from './runs/run.js';
import { shrink } from './runs/shrink.js';
import { proofFile, stepsInOneWorld } from './runs/simulate-options.js';

interface SimulateOptions {
  readonly seed: number;
  readonly steps: number;
  readonly regions: number;
  readonly jobs: number;
  readonly replication: 'escrow' | 'last-writer-wins';
  readonly writeProof?: true;
}

const command = newCommand(
  'simulate',
  'Runs the store in simulated worlds, with every kind of fault, and checks what it promises.',
)
  .option(
    '--seed <N>',
    'the first world; each next one has the next seed',
    wholeNumber(0, 4_000_000_000),
    1,
  )
  .option(
    '--steps <N>',
    `at least so many steps; a world takes ${stepsInOneWorld} and more`,
    wholeNumber(1, 1_000_000_000),
    stepsInOneWorld,
  )
  .option('--regions <N>', 'replica regions, 2 or 3', wholeNumber(2, 3), 2)
  .option('--jobs <N>', 'worlds at once', wholeNumber(1, 64), availableParallelism())
  .addOption(
    new Option(
      '--replication <KIND>',
      'escrow, the store itself; last-writer-wins, a model of the usual answer on the same seeds',
    )
      .choices(['escrow', 'last-writer-wins'])
      .default('escrow'),
  )
  .option('--write-proof', 'also writes the results into docs/proof.md')
  .action(async () => {
    process.exitCode = await simulate(command.opts<SimulateOptions>());
  });

async function simulate(options: SimulateOptions): Promise<number> {
  const { seed: first, regions, replication } = options;
  const steps = Math.min(options.steps, stepsInOneWorld);
  const seeds = Array.from(
    { length: Math.ceil(options.steps / steps) },
    (_, world) => first + world,
  );
  const definitions = await readDefinitions();
  const pool = new Pool(await bundleWorker(), Math.min(options.jobs, seeds.length));
  const tally = new Tally();
  const violating: RunResult[] = [];
  const compared: [Totals, Totals][] = [];
  const isCompared = replication === 'last-writer-wins';
  const optionsOf = (seed: number): RunOptions => ({
    seed,
    steps,
    regions,
    definitions,
    isCompared,
  });
  const progress = startProgress({
    total: seeds.length,
    done: () => tally.worlds,
    describe: () => `${tally.worlds} of ${seeds.length} worlds, ${tally.steps} steps`,
  });
  try {
    await Promise.all(
      seeds.map(async (seed) => {
        const result = await pool.run(optionsOf(seed));
        tally.add(result);
        if (result.violations.length > 0) violating.push(result);
        if (result.usualAnswer !== undefined) compared.push([result, result.usualAnswer]);
      }),
    );
  } finally {
    progress.stop();
  }
  console.log(tally.describe());
  if (compared.length > 0) console.log(`\n${formatTable(comparisonRows(compared))}`);
  violating.sort((one, other) => one.seed - other.seed);
  const [worst] = violating;
  console.log(`\n${violating.length} worlds in which a guarantee was violated`);
  if (worst !== undefined) {
    const shown = await shrink(optionsOf(worst.seed), worst, (smaller) => pool.run(smaller));
    const replay = `npm run simulate -- --seed ${worst.seed} --steps ${steps} --regions ${regions}`;
    console.log(describeViolation(shown, worst, replay));
    const others = violating
      .slice(1)
      .map(({ seed, violations }) => `${seed} (${violations[0]?.guarantee})`);
    if (others.length > 0) console.log(`Other seeds: ${others.join(', ')}`);
  }
  await pool.stop();
  if (options.writeProof) await writeProof(options, tally, violating.length, compared);
  return violating.length === 0 ? 0 : 1;
}

async function writeProof(
  { seed, steps, regions, replication }: SimulateOptions,
  tally: Tally,
  violated: number,
  compared: readonly (readonly [Totals, Totals])[],
): Promise<void> {
  const usual = compared.length > 0 ? ` --replication ${replication}` : '';
  const call = `npm run simulate -- --seed ${seed} --steps ${steps} --regions ${regions}${usual}`;
  const outcome = `Worlds in which a guarantee was violated: ${violated}.`;
  const results = [`\`${call}\``, tally.toMarkdown(), outcome].join('\n\n');
  await writeSection(proofFile, `worlds of ${regions} regions`, results);
  if (compared.length === 0) return;
  const comparison = markdownTable(comparisonRows(compared, formatCount));
  await writeSection(proofFile, 'the usual answer', comparison);
}

await runCommand(command);
