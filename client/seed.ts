import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { createApiClient, describeAnswer, type ApiClient } from './api-client.js';
import { newBookBody, replicasSchema } from '../lib/http/schemas.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { projectDir } from '../tools/project.js';

const replicationTimeoutMs = 60_000;
const checkIntervalMs = 25;

type NewBook = z.infer<typeof newBookBody>;

/** The books that a new store starts with. */
export function readSeed(): NewBook[] {
  const text = readFileSync(join(projectDir, 'resources/seed.json'), 'utf8');
  return z.array(newBookBody).parse(JSON.parse(text));
}

/**
 * Puts the first books into the catalogue through the API, and waits until every replica has them.
 * May be repeated: each has an Idempotency-Key of its own.
 *
 * @throws CommandError where the store refuses a book or doesn't replicate it,
 *   StoreUnreachableError where it doesn't answer.
 */
export async function seedStore(url: string, token: string): Promise<void> {
  const api = createApiClient({ url, token });
  const books = readSeed();
  await Promise.all(
    books.map(async (book) => {
      const headers = { 'idempotency-key': `first-book-of-the-store-${book.id}` };
      const answer = await api.send({ method: 'POST', path: '/books', headers, body: book });
      if (answer.status >= 300) {
        throw new CommandError(`of the first books, ${book.id}: ${describeAnswer(answer)}`);
      }
    }),
  );
  const deadline = Date.now() + replicationTimeoutMs;
  await Promise.all(
    books.map(async ({ id, stock }) => {
      while (!(await isReplicated(api, id, stock))) {
        if (Date.now() > deadline) throw new CommandError(`book ${id} is not replicated`);
        await sleep(checkIntervalMs);
      }
    }),
  );
}

async function isReplicated(api: ApiClient, id: number, stock: number): Promise<boolean> {
  const { body } = await api.send({ path: `/books/${id}/replicas` });
  const answer = replicasSchema.safeParse(body);
  if (!answer.success) return false;
  return answer.data.replicas.every((replica) => replica.reachable && replica.stock === stock);
}
