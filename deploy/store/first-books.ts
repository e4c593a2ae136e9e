/** The first books of a store that has just been deployed. */
import { createApiClient, describeAnswer } from '../../client/api-client.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { bookPageSchema } from '../../lib/http/schemas.js';
import { readSeed, seedStore } from '../../client/seed.js';

/**
 * Puts the starting catalogue into a store that holds nothing else, and waits until every replica
 * has it. A catalogue that an interrupted deployment left unfinished is finished; any other is
 * left alone.
 *
 * @returns how many books there were to be put.
 * @throws CommandError.
 */
export async function loadStartingCatalogue(url: string, token: string): Promise<number> {
  const seed = readSeed();
  const path = `/books?limit=${seed.length + 1}`;
  const answer = await createApiClient({ url }).send({ path });
  const page = bookPageSchema.safeParse(answer.body);
  if (!page.success) throw new CommandError(`GET ${url}${path}: ${describeAnswer(answer)}`);

  const there = new Set(page.data.books.map(({ id }) => id));
  const missing = seed.filter(({ id }) => !there.has(id));
  const isOnlySeed = there.size + missing.length === seed.length;
  if (missing.length === 0 || !isOnlySeed) return 0;
  await seedStore(url, token);
  return missing.length;
}
