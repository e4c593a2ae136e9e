/** Where the wanted items begin in a list in which they come last; its length where there are none. */
export function firstPlace<Item>(
  items: readonly Item[],
  isWanted: (item: Item) => boolean,
): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isWanted(items[middle] as Item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
