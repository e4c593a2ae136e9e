/** What handlers print, which is what CloudWatch would get. */
import { jest } from '@jest/globals';

/** A line of the log, or a document of metrics in the embedded metric format. */
export type PrintedLine = Readonly<Record<string, unknown>>;

/** The lines that were printed while `work` ran. */
export async function printedLines(work: () => Promise<unknown>): Promise<PrintedLine[]> {
  let printed = '';
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    }),
  );
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const texts = printed.split('\n').filter((text) => text !== '');
  return texts.map((text) => JSON.parse(text) as PrintedLine);
}

/** The lines that are metrics, and those that are not. */
export const sortLines = (lines: readonly PrintedLine[]) => ({
  log: lines.filter((line) => !('_aws' in line)),
  metrics: lines.filter((line) => '_aws' in line),
});
