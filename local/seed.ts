import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { newBookBody, replicasSchema } from '../lib/http/schemas.js';
import { StartFailure } from './failure.js';
import { projectDir } from './project.js';

const replicationTimeoutMs = 60_000;
const checkIntervalMs = 25;

/**
 * Puts the first books into the catalogue through the API, and waits until every replica has them.
 * May be repeated: each has an Idempotency-Key of its own.
 */
export async function seedCatalogue(url: string, adminToken: string): Promise<void> {
  const text = readFileSync(join(projectDir, 'resources/seed.json'), 'utf8');
  const books = z.array(newBookBody).parse(JSON.parse(text));
  const authorization = `Bearer ${adminToken}`;
  await Promise.all(
    books.map(async (book) => {
      const response = await fetch(`${url}/books`, {
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/json',
          'idempotency-key': `seed-${book.id}`,
        },
        body: JSON.stringify(book),
      });
      if (!response.ok) {
        throw new StartFailure(
          `the API answers ${response.status} to the first books: ${await response.text()}`,
        );
      }
    }),
  );
  const deadline = Date.now() + replicationTimeoutMs;
  await Promise.all(
    books.map(async ({ id, stock }) => {
      while (!(await isReplicated(url, authorization, id, stock))) {
        if (Date.now() > deadline) throw new StartFailure(`book ${id} is not replicated`);
        await sleep(checkIntervalMs);
      }
    }),
  );
}

async function isReplicated(
  url: string,
  authorization: string,
  id: number,
  stock: number,
): Promise<boolean> {
  const response = await fetch(`${url}/books/${id}/replicas`, { headers: { authorization } });
  const answer = replicasSchema.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) return false;
  return answer.data.replicas.every((replica) => replica.reachable && replica.stock === stock);
}
