/** The first books of a store that has just been deployed. */
import { createApiClient, describeAnswer } from '../cli/api-client.js';
import { CommandError } from '../cli/command.js';
import { bookPageSchema } from '../lib/http/schemas.js';
import { readSeed, seedCatalogue } from '../local/seed.js';

/**
 * Puts the starting catalogue into a store that holds nothing else, and waits until every replica
 * has it. A catalogue that an interrupted deployment left unfinished is finished; any other is
 * left alone.
 *
 * @returns how many books there were to be put.
 * @throws CommandError, or StartFailure where the store does not take them.
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
  await seedCatalogue(url, token);
  return missing.length;
}
