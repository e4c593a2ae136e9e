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
import type { OrderRow } from '../rules/order.js';
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
  /** Of the item that it tells of. */
  readonly id: string;
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
/** So that one which many bought in a moment is told of in messages that SNS takes. */
const mostOrdersInOneMessage = 10;
/** SNS allows 256 KiB for a whole batch, attributes included. */
const mostBytesInOneBatch = 240 * 1024;

/**
 * Publishes a batch of changes, one message for each key, and orders with their books. To publish twice
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
        if (SenderFault === true) left.push({ id: String(batch[Number(Id)]?.id), error });
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
      byId.set(id, toOutgoing(id, message));
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

const toOutgoing = (id: string, message: Message): OutgoingMessage => ({
  id,
  message,
  body: JSON.stringify(message),
});

/**
 * Tells of orders together with their books, as these are now: one message, where each would have to be
 * published, sent, received and taken by itself (design M6). An order whose book can't be read is left.
 */
async function messagesOfOrders(
  from: Source,
  orders: readonly OrderRow[],
): Promise<{ outgoing: OutgoingMessage[]; left: LeftRecord[] }> {
  if (orders.length === 0) return { outgoing: [], left: [] };
  const { rows } = await from.catalog.getAll(orders.map(({ bookId }) => bookId));
  const outgoing = rows.flatMap(({ state: book }) =>
    chunksOf(
      orders.filter(({ bookId }) => bookId === book.id),
      mostOrdersInOneMessage,
    ).map((some) =>
      toOutgoing(String(book.id), {
        v: 1,
        type: 'book',
        region: from.region,
        book,
        lists: [],
        orders: some,
      }),
    ),
  );
  const found = new Set(rows.map(({ state }) => state.id));
  const left = orders
    .filter(({ bookId }) => !found.has(bookId))
    .map(({ id }) => ({ id, error: "the order's book can't be read" }));
  return { outgoing, left };
}

function joinMessages(earlier: Message | undefined, later: Message): Message {
  if (later.type !== 'book' || earlier?.type !== 'book') return later;
  return { ...later, lists: [...new Set([...earlier.lists, ...later.lists])] };
}

function messageOf(before: Item | undefined, after: Item, region: Region): Message {
  if (isHeartbeatItem(after)) {
    return { v: 1, type: 'heartbeat', ...heartbeatOf(after) };
  }
  const book = toBookState(after);
  const lists = listsChanged(before && readableState(before), book);
  return { v: 1, type: 'book', region, book, lists, orders: [] };
}

/** A state that could not be read may have been in any list, as one that was not there. */
function readableState(item: Item): BookState | undefined {
  try {
    return toBookState(item);
  } catch {
    return undefined;
  }
}

function batchesOf(outgoing: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const batches: OutgoingMessage[][] = [];
  let batch: OutgoingMessage[] = [];
  let batchBytes = 0;
  for (const message of outgoing) {
    const bytes = Buffer.byteLength(message.body) + 256;
    if (batch.length === mostEntriesInOneBatch || batchBytes + bytes > mostBytesInOneBatch) {
      batches.push(batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push(message);
    batchBytes += bytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches.filter((entries) => entries.length > 0);
}
