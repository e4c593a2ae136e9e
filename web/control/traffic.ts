/** Which messages passed between two looks at the store: what the dots on the picture's lines stand for. */
import { beliefOfOthers, type Copies, type RegionCopies } from './figures.js';
import type { StoreStatus, QueueStatus } from './types.js';

export interface Look {
  /** Undefined where no book is chosen. */
  readonly bookId: number | undefined;
  readonly copies: Copies;
  readonly status: StoreStatus;
}

/** The shop's end of a line. */
export const shop = 'shop';

export interface Passage {
  /** A region, or {@link shop}. */
  readonly from: string;
  readonly to: string;
  readonly messages: number;
}

/** More are no longer told apart. */
const mostDots = 6;

/** What must have passed for `after` to be what it is. */
export function passagesBetween(before: Look, after: Look): Passage[] {
  const passages: Passage[] = [];
  const pass = (from: string, to: string, messages: number): void => {
    if (messages > 0) passages.push({ from, to, messages: Math.min(mostDots, messages) });
  };
  const known = (look: Look, region: string): RegionCopies | undefined =>
    look.copies.regions.find((one) => one.region === region && one.isKnown);
  const isSameBook = before.bookId === after.bookId;
  for (const now of isSameBook ? after.copies.regions : []) {
    const then = known(before, now.region);
    if (!now.isKnown || then === undefined) continue;
    const { region } = now;
    pass(shop, region, Math.abs(now.sold - then.sold) + (now.stocked > then.stocked ? 1 : 0));
    const news = Math.abs(beliefOfOthers(now) - beliefOfOthers(then));
    // Of several others, those whose own row changed may have sent it.
    for (const other of after.copies.regions.filter((one) => one.region !== region)) {
      if (after.copies.regions.length === 2 || hasChanged(known(before, other.region), other)) {
        pass(other.region, region, news);
      }
    }
  }
  for (const queue of after.status.queues) {
    const { region, name } = queue;
    const earlier = before.status.queues.find((one) => one.region === region && one.name === name);
    // What stays there has passed before.
    const arrived = messagesIn(queue) - messagesIn(earlier);
    for (const { region: origin } of after.status.regions) {
      if (name === 'replicate' && origin !== region) pass(origin, region, arrived);
      if (name === 'invalidate') pass(origin, shop, arrived);
    }
  }
  return merge(passages);
}

const messagesIn = (queue: QueueStatus | undefined): number =>
  (queue?.depth?.waiting ?? 0) + (queue?.depth?.inHand ?? 0);

const hasChanged = (before: RegionCopies | undefined, now: RegionCopies): boolean =>
  before === undefined ||
  before.sold !== now.sold ||
  before.stocked !== now.stocked ||
  before.writtenOff !== now.writtenOff;

/** One line is told of once: by what was seen of most messages. */
function merge(passages: readonly Passage[]): Passage[] {
  const byLine = new Map<string, Passage>();
  for (const passage of passages) {
    const line = `${passage.from} ${passage.to}`;
    const known = byLine.get(line);
    if (known === undefined || known.messages < passage.messages) byLine.set(line, passage);
  }
  return [...byLine.values()];
}
