/** Tells the other regions and the front ends what was committed here. */
import {
  PublishBatchCommand,
  SNSServiceException,
  type BatchResultErrorEntry,
  type SNSClient,
} from '@aws-sdk/client-sns';
import type { BookState } from '../rules/book.js';
import { toBookState } from '../tables/book-item.js';
import { chunksOf } from '../concurrency.js';
import { BazarError } from '../errors.js';
import { isOrderItem, toOrderRow } from '../tables/order-item.js';
import { listsChanged } from '../rules/book-lists.js';
import { bookIdsOf, type OrderRow } from '../rules/order.js';
import type { Replica } from '../tables/replica.js';
import type { Region } from '../rules/sites.js';
import { heartbeatOf, isHeartbeatItem } from '../tables/heartbeat.js';
import type { Message } from './messages.js';

type Item = Record<string, unknown>;

/** One record of a table's stream: the item before and after a write. */
export interface TableChange {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/** The region that tells. */
export interface Source {
  readonly region: Region;
  readonly catalog: Pick<Replica['catalog'], 'getAll'>;
}

/** A message on its way to the topic. */
interface OutgoingMessage {
  /** Of the items whose records it tells of. */
  readonly ids: readonly string[];
  readonly message: Message;
  /** The message as it is sent. */
  readonly body: string;
}

/** A record that can't be told of, and why: it is reported, and reconcile finds its item. */
export interface LeftRecord {
  readonly id: string;
  readonly error: unknown;
}

const mostEntriesInOneBatch = 10;
const mostOrdersInOneMessage = 10;
/** SNS allows 256 KiB for a whole batch, attributes included. */
const mostBytesInOneBatch = 240 * 1024;
const bytesOfAttributes = 256;

/**
 * Publishes a batch of changes, one message for each changed book, and orders with their books. To publish twice
 * is harmless. What can't be told of at all holds up no other.
 *
 * @param from the region that the changes are of.
 * @returns what was left.
 * @throws BazarError where any other message was not taken, an UnavailableError where the books of the
 *   orders could not be read: the batch must be read again (design M14).
 */
export async function publishChanges(
  sns: Pick<SNSClient, 'send'>,
  topicArn: string,
  from: Source,
  changes: readonly TableChange[],
): Promise<readonly LeftRecord[]> {
  const { region } = from;
  const failed: string[] = [];
  const { outgoing, orders, left } = coalesce(changes, region);
  const ofOrders = await messagesOfOrders(from, orders);
  left.push(...ofOrders.left);
  await Promise.all(
    batchesOf([...outgoing, ...ofOrders.outgoing]).map(async (batch) => {
      for (const { Id, Code, Message, SenderFault } of await publishBatch(batch)) {
        const error = `${Code}: ${Message}`;
        // What the topic will not take as it is, it will not take the next time either.
        const { ids = [] } = batch[Number(Id)] ?? {};
        if (SenderFault === true) left.push(...ids.map((id) => ({ id, error })));
        else failed.push(error);
      }
    }),
  );
  if (failed.length > 0) {
    throw new BazarError(`${failed.length} messages were not published: ${failed.join('; ')}`);
  }
  return left;

  async function publishBatch(batch: readonly OutgoingMessage[]): Promise<BatchResultErrorEntry[]> {
    const entries = batch.map(({ body, message }, index) => ({
      Id: String(index),
      Message: body,
      MessageAttributes: {
        type: { DataType: 'String', StringValue: message.type },
        origin: { DataType: 'String', StringValue: region },
      },
    }));
    const command = new PublishBatchCommand({
      TopicArn: topicArn,
      PublishBatchRequestEntries: entries,
    });
    try {
      return (await sns.send(command)).Failed ?? [];
    } catch (error) {
      // The topic answers, and the other batches are perhaps better.
      if (!(error instanceof SNSServiceException) || error.$fault !== 'client') throw error;
      const { name: Code, message: Message } = error;
      return entries.map(({ Id }) => ({ Id, Code, Message, SenderFault: false }));
    }
  }
}

/**
 * One message for each book and heartbeat that was changed here, of its newest state, which names
 * the lists of all of its changes; and the newest state of each order, which is not to be told of alone.
 */
export function coalesce(
  changes: readonly TableChange[],
  region: Region,
): { outgoing: OutgoingMessage[]; orders: OrderRow[]; left: LeftRecord[] } {
  const byId = new Map<string, OutgoingMessage>();
  const orders = new Map<string, OrderRow>();
  const left = new Map<string, LeftRecord>();
  for (const { before, after } of changes) {
    // The event source lets nothing else pass, unless it was made before it had its filter (design M4).
    if (after?.['scope'] !== 'local') continue;
    const id = String(after['id']);
    try {
      if (isOrderItem(after)) {
        orders.set(id, toOrderRow(after));
        continue;
      }
      const message = joinMessages(byId.get(id)?.message, messageOf(before, after, region));
      byId.set(id, toOutgoing([id], message));
    } catch (error) {
      left.set(id, { id, error });
    }
  }
  return {
    outgoing: [...byId.values()],
    orders: [...orders.values()],
    left: [...left.values()],
  };
}

const toOutgoing = (ids: readonly string[], message: Message): OutgoingMessage => ({
  ids,
  message,
  body: JSON.stringify(message),
});

/**
 * Tells of orders together with their books, as these are now: one message, where each would have to be
 * published, sent, received and taken by itself (design M6). Orders of the same books travel together. An
 * order of which a book can't be read is left.
 */
async function messagesOfOrders(
  from: Source,
  orders: readonly OrderRow[],
): Promise<{ outgoing: OutgoingMessage[]; left: LeftRecord[] }> {
  if (orders.length === 0) return { outgoing: [], left: [] };
  const { rows } = await from.catalog.getAll([...new Set(orders.flatMap(bookIdsOf))]);
  const books = new Map(rows.map(({ state }) => [state.id, state]));
  const ofTheSame = new Map<string, OrderRow[]>();
  const left: LeftRecord[] = [];
  for (const order of orders) {
    const bookIds = bookIdsOf(order);
    if (!bookIds.every((id) => books.has(id))) {
      left.push({ id: order.id, error: "a book of the order can't be read" });
      continue;
    }
    const key = bookIds.sort((one, other) => one - other).join();
    ofTheSame.set(key, [...(ofTheSame.get(key) ?? []), order]);
  }
  const outgoing = [...ofTheSame.values()].flatMap((same) => {
    const states = bookIdsOf(same[0] as OrderRow).map((id) => books.get(id) as BookState);
    return chunksOf(same, mostOrdersInOneMessage).flatMap((some) =>
      tellOrders(from.region, states, some),
    );
  });
  return { outgoing, left };
}

/**
 * In as few messages as hold them. One order of many large books brings the ledgers alone, which show its
 * effects (design M15); the whole books follow, each in a message of its own.
 */
function tellOrders(
  region: Region,
  books: readonly BookState[],
  orders: readonly OrderRow[],
): OutgoingMessage[] {
  const ids = orders.map(({ id }) => id);
  const whole = toOutgoing(ids, booksMessage(region, books, orders));
  if (bytesOf(whole) <= mostBytesInOneBatch) return [whole];
  if (orders.length > 1) {
    return chunksOf(orders, Math.ceil(orders.length / 2)).flatMap((half) =>
      tellOrders(region, books, half),
    );
  }
  const ledgers = books.map((book) => ({ ...book, registers: {} }));
  return [
    toOutgoing(ids, booksMessage(region, ledgers, orders)),
    ...books.map((book) => toOutgoing([String(book.id)], booksMessage(region, [book], []))),
  ];
}

const booksMessage = (
  region: Region,
  books: readonly BookState[],
  orders: readonly OrderRow[],
): Message => ({
  v: 1,
  type: 'books',
  region,
  books: books.map((book) => ({ book, lists: [] })),
  orders: [...orders],
});

function joinMessages(earlier: Message | undefined, later: Message): Message {
  if (later.type !== 'books' || earlier?.type !== 'books') return later;
  const before = earlier.books.flatMap(({ lists }) => lists);
  const books = later.books.map(({ book, lists }) => ({
    book,
    lists: [...new Set([...before, ...lists])],
  }));
  return { ...later, books };
}

function messageOf(before: Item | undefined, after: Item, region: Region): Message {
  if (isHeartbeatItem(after)) {
    return { v: 1, type: 'heartbeat', ...heartbeatOf(after) };
  }
  const book = toBookState(after);
  const lists = listsChanged(before && readableState(before), book);
  return { v: 1, type: 'books', region, books: [{ book, lists }], orders: [] };
}

/** A state that could not be read may have been in any list, as one that was not there. */
function readableState(item: Item): BookState | undefined {
  try {
    return toBookState(item);
  } catch {
    return undefined;
  }
}

const bytesOf = ({ body }: OutgoingMessage): number => Buffer.byteLength(body) + bytesOfAttributes;

function batchesOf(outgoing: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const batches: OutgoingMessage[][] = [];
  let roomBytes = 0;
  for (const message of outgoing) {
    const last = batches.at(-1);
    const bytes = bytesOf(message);
    if (last === undefined || last.length === mostEntriesInOneBatch || bytes > roomBytes) {
      batches.push([message]);
      roomBytes = mostBytesInOneBatch - bytes;
    } else {
      last.push(message);
      roomBytes -= bytes;
    }
  }
  return batches;
}
