import { constants } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDatabase } from './database-run.js';
import type { Watchdog } from '../processes/watchdog.js';

/** How long a database may be read to find out whether it can be. */
const readingTimeMs = 500;

/**
 * Opens a copy of a database and reads it, for some time at most: opening alone changes a file
 * that SQLite or the emulator finds fault with.
 *
 * @returns what is wrong with it, or undefined.
 */
export async function tryDatabase(
  file: string,
  emulator: string,
  watchdog: Watchdog,
): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'bazar-check-'));
  const copy = join(folder, 'copy.db');
  try {
    await copyFile(file, copy, constants.COPYFILE_FICLONE);
    await copyFile(`${file}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE).catch(() => {});
    return await runDatabase(copy, emulator, watchdog, { endBy: 'SIGKILL', work: readTables });
  } catch (error) {
    return (error as Error).message;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readTables(port: number): Promise<string | undefined> {
  const deadline = Date.now() + readingTimeMs;
  const { TableNames: tables = [] } = await call<{ TableNames?: string[] }>(port, 'ListTables', {});
  if (tables.length === 0) return 'no table is in it';
  for (const table of tables) {
    let from: unknown;
    do {
      const page: { LastEvaluatedKey?: unknown } = await call(port, 'Scan', {
        TableName: table,
        Select: 'COUNT',
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      });
      from = page.LastEvaluatedKey;
    } while (from !== undefined && Date.now() < deadline);
  }
  return undefined;
}

/** One request in DynamoDB's protocol, without loading the SDK, which takes longer than the check. */
async function call<Answer>(port: number, operation: string, input: unknown): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      // Its form is looked at, not what it says.
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none',
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify(input),
  });
  const answer = (await response.json()) as Answer & { message?: string };
  if (!response.ok) throw new Error(answer.message ?? `${operation}: ${response.status}`);
  return answer;
}
