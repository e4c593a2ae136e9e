/**
 * What `work` makes of each item, in order; at most `most` of them are at work at once. Once it has
 * failed for one, no other is begun.
 *
 * @throws what was thrown first, after all that was begun has ended.
 */
export async function mapAtMost<Item, Result>(
  most: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  // A generator that one loop leaves by throwing is over for all that share it.
  const pending = (function* () {
    yield* items.entries();
  })();
  const take = async () => {
    for (const [place, item] of pending) results[place] = await work(item);
  };
  const taking = Array.from({ length: Math.min(most, items.length) }, take);
  await Promise.allSettled(taking);
  await Promise.all(taking);
  return results;
}

/** The items in order, in chunks of `size` and a rest. */
export function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, chunk) =>
    items.slice(chunk * size, (chunk + 1) * size),
  );
}

/** Makes what does its work once, at the first call, and gives all others the same result. */
export function once<Result>(work: () => Result): () => Result {
  let done: { readonly result: Result } | undefined;
  return () => (done ??= { result: work() }).result;
}

/** Makes what does its work once for each key. */
export function onceForEach<Key, Result>(work: (key: Key) => Result): (key: Key) => Result {
  const done = new Map<Key, () => Result>();
  return (key) => {
    const get = done.get(key) ?? once(() => work(key));
    done.set(key, get);
    return get();
  };
}
