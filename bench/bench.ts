/** `npm run bench`: how near the store is to what is possible, and whether it stays so as it grows. */
import { writeFile } from 'node:fs/promises';
import { catchInterruption, runCommand } from '../tools/terminal/command.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { benchCommand, type BenchOptions } from './options.js';
import type { Context, Part } from './part.js';
import { parts } from './parts.js';
import { writeDocuments } from './report/documents.js';
import { describeMachine, type PartReport, type Report } from './report/report.js';
import { printable } from './report/terminal.js';

async function runBench(options: BenchOptions): Promise<void> {
  const { only, count, books, sales, json } = options;
  if (json !== undefined) await writeFigures(json, '');
  const interruption = catchInterruption();
  const startedAt = new Date().toISOString();
  const reports: PartReport[] = [];
  for (const part of parts.filter(({ name }) => only.includes(name))) {
    reports.push(await runPart(part, options, interruption.signal));
    if (interruption.signal.aborted) break;
  }
  const settings = { only, count, books, sales };
  const report: Report = { machine: describeMachine(), startedAt, settings, parts: reports };
  console.log(printable(report));
  if (json !== undefined) await writeFigures(json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (interruption.signal.aborted) process.exit(interruption.exitCode());
  if (options.writeDocs) await writeDocuments(report);
  const failed = reports.filter(({ failure }) => failure !== undefined).map(({ name }) => name);
  if (failed.length > 0) throw new CommandError(`no figures of ${failed.join(', ')}`);
}

/** Runs a part, and ends what it started. One that fails is not to keep the others from being run. */
async function runPart(
  part: Part,
  options: BenchOptions,
  signal: AbortSignal,
): Promise<PartReport> {
  const { name, title } = part;
  const deferred: Parameters<Context['defer']>[0][] = [];
  const context: Context = {
    ...options,
    signal,
    tell: (line) => console.error(`${name}: ${line}`),
    defer: (step) => void deferred.push(step),
  };
  const startedAtMs = performance.now();
  const seconds = () => (performance.now() - startedAtMs) / 1000;
  try {
    const result = await part.run(context);
    return { name, title, seconds: seconds(), result };
  } catch (error) {
    return { name, title, seconds: seconds(), failure: (error as Error).message };
  } finally {
    for (const step of deferred.reverse()) await step();
  }
}

async function writeFigures(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

await runCommand(
  benchCommand(
    parts.map(({ name }) => name),
    runBench,
  ),
);
// What a part left behind is not to keep the process.
process.exit();
