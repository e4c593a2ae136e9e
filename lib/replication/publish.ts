/** Tells the other regions and the front ends what was committed here. */
import {
  PublishBatchCommand,
  SNSServiceException,
  type BatchResultErrorEntry,
  type SNSClient,
} from '@aws-sdk/client-sns';
import type { BookState } from '../catalog/book.js';
import { toBookState } from '../catalog/book-item.js';
import { BazarError } from '../errors.js';
import { isOrderItem, toOrderRow } from '../orders/order-item.js';
import { listsChanged } from '../catalog/lists.js';
import type { Region } from '../sites.js';
import { heartbeatOf, isHeartbeatItem } from './heartbeat.js';
import type { Message, Scope } from './messages.js';

type Item = Record<string, unknown>;

/** One record of a table's stream: the item before and after a write. */
export interface TableChange {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

interface Announcement {
  readonly message: Message;
  readonly scope: Scope;
}

interface Keyed extends Announcement {
  /** Of the item that it tells of. */
  readonly id: string;
  /** The message as it is sent. */
  readonly body: string;
}

/** A record that can't be told of, and why: it is reported, and reconcile finds its item. */
export interface LeftRecord {
  readonly id: string;
  readonly error: unknown;
}

const mostEntriesInOneBatch = 10;
/** SNS allows 256 KiB for a whole batch, attributes included. */
const mostBytesInOneBatch = 240 * 1024;

/**
 * Publishes a batch of changes, one message for each key. To publish twice is harmless. What can't be
 * told of at all holds up no other.
 *
 * @returns what was left.
 * @throws BazarError where any other message was not taken: the batch must be read again.
 */
export async function publishChanges(
  sns: Pick<SNSClient, 'send'>,
  topicArn: string,
  region: Region,
  changes: readonly TableChange[],
): Promise<readonly LeftRecord[]> {
  const failed: string[] = [];
  const { announcements, left } = coalesce(changes, region);
  for (const batch of batchesOf(announcements)) {
    for (const { Id, Code, Message, SenderFault } of await publishBatch(batch)) {
      const error = `${Code}: ${Message}`;
      // What the topic will not take as it is, it will not take the next time either.
      if (SenderFault === true) left.push({ id: String(batch[Number(Id)]?.id), error });
      else failed.push(error);
    }
  }
  if (failed.length > 0) {
    throw new BazarError(`${failed.length} messages were not published: ${failed.join('; ')}`);
  }
  return left;

  async function publishBatch(batch: readonly Keyed[]): Promise<BatchResultErrorEntry[]> {
    const entries = batch.map(({ body, message, scope }, index) => ({
      Id: String(index),
      Message: body,
      MessageAttributes: {
        type: { DataType: 'String', StringValue: message.type },
        origin: { DataType: 'String', StringValue: region },
        scope: { DataType: 'String', StringValue: scope },
      },
    }));
    const command = new PublishBatchCommand({
      TopicArn: topicArn,
      PublishBatchRequestEntries: entries,
    });
    try {
      return (await sns.send(command)).Failed ?? [];
    } catch (error) {
      // The topic answers, and the batches behind this one are perhaps better.
      if (!(error instanceof SNSServiceException) || error.$fault !== 'client') throw error;
      const { name: Code, message: Message } = error;
      return entries.map(({ Id }) => ({ Id, Code, Message, SenderFault: false }));
    }
  }
}

/**
 * One announcement for each key, of its newest state. It is local if any of its changes was (the
 * newest alone may be a merge, and the sale before it would never be told), and it names the lists
 * of all of them.
 */
export function coalesce(
  changes: readonly TableChange[],
  region: Region,
): { announcements: Keyed[]; left: LeftRecord[] } {
  const byId = new Map<string, Keyed>();
  const left = new Map<string, LeftRecord>();
  for (const { before, after } of changes) {
    if (after === undefined) continue;
    const id = String(after['id']);
    // Of what was left before nobody was told whether it was local.
    const scope = left.has(id) ? 'local' : scopeOf(after);
    try {
      const message = messageOf(before, after, region);
      if (message === undefined) continue;
      const announcement = joinAnnouncements(byId.get(id), { message, scope });
      byId.set(id, { ...announcement, id, body: JSON.stringify(announcement.message) });
    } catch (error) {
      left.set(id, { id, error });
    }
  }
  return { announcements: [...byId.values()], left: [...left.values()] };
}

const scopeOf = (item: Item): Scope => (item['scope'] === 'merged' ? 'merged' : 'local');

function joinAnnouncements(earlier: Announcement | undefined, later: Announcement): Announcement {
  if (earlier === undefined) return later;
  const scope = earlier.scope === 'local' ? 'local' : later.scope;
  if (later.message.type !== 'book' || earlier.message.type !== 'book') return { ...later, scope };
  const lists = [...new Set([...earlier.message.lists, ...later.message.lists])];
  return { message: { ...later.message, lists }, scope };
}

/** Refusals, records of keys and cursors are no one else's business. */
function messageOf(before: Item | undefined, after: Item, region: Region): Message | undefined {
  if (isHeartbeatItem(after)) {
    return { v: 1, type: 'heartbeat', ...heartbeatOf(after) };
  }
  if (isOrderItem(after)) {
    return { v: 1, type: 'order', region, order: toOrderRow(after) };
  }
  if (!('bookId' in after)) return undefined;
  const book = toBookState(after);
  const lists = listsChanged(before && readableState(before), book);
  return { v: 1, type: 'book', region, book, lists };
}

/** A state that could not be read may have been in any list, as one that was not there. */
function readableState(item: Item): BookState | undefined {
  try {
    return toBookState(item);
  } catch {
    return undefined;
  }
}

function batchesOf(announcements: readonly Keyed[]): Keyed[][] {
  const batches: Keyed[][] = [];
  let batch: Keyed[] = [];
  let batchBytes = 0;
  for (const announcement of announcements) {
    const bytes = Buffer.byteLength(announcement.body) + 256;
    if (batch.length === mostEntriesInOneBatch || batchBytes + bytes > mostBytesInOneBatch) {
      batches.push(batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push(announcement);
    batchBytes += bytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches.filter((entries) => entries.length > 0);
}
