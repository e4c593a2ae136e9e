/** A source of choices that repeat for the same seed (mulberry32). */
export interface RandomChoice {
  /** A number in [0, 1). */
  number(): number;
  /** A whole number within the bounds, both included. */
  whole(least: number, most: number): number;
  /** @throws RangeError where there is nothing to choose from. */
  oneOf<Item>(items: readonly Item[]): Item;
}

export function randomChoice(seed: number): RandomChoice {
  let state = seed >>> 0;
  const number = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return {
    number,
    whole: (least, most) => least + Math.floor(number() * (most - least + 1)),
    oneOf(items) {
      const item = items[Math.floor(number() * items.length)];
      if (item === undefined) throw new RangeError('nothing to choose from');
      return item;
    },
  };
}

/** A copy of the items in random order. */
export const shuffled = <Item>(items: readonly Item[], random: RandomChoice): Item[] =>
  items
    .map((item) => ({ item, place: random.number() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
