/**
 * Does `work` for each item, for at most `concurrency` of them at once. Once it has failed for one, no
 * other is begun.
 *
 * @throws what was thrown first, after all that was begun has ended.
 */
export async function forEachOf<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  // A generator that one loop leaves by throwing is over for all that share it.
  const pending = (function* () {
    yield* items;
  })();
  const worker = async () => {
    for (const item of pending) await work(item);
  };
  const workers = Array.from({ length: Math.min(concurrency, items.length) }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
}
