/** Tells the other regions and the front ends what was committed here. */
import { PublishBatchCommand, type SNSClient } from '@aws-sdk/client-sns';
import { toBookState } from '../catalog/book-item.js';
import { BazarError } from '../errors.js';
import { isOrderItem, orderRowSchema } from '../orders/order-item.js';
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

const mostEntriesInOneBatch = 10;
/** SNS allows 256 KiB for a whole batch, attributes included. */
const mostBytesInOneBatch = 240 * 1024;

/**
 * Publishes a batch of changes, one message for each key. To publish twice is harmless.
 *
 * @throws BazarError where any message was not taken: the batch must be read again.
 */
export async function publishChanges(
  sns: Pick<SNSClient, 'send'>,
  topicArn: string,
  region: Region,
  changes: readonly TableChange[],
): Promise<void> {
  const failed: string[] = [];
  for (const batch of batchesOf(coalesce(changes, region))) {
    const { Failed = [] } = await sns.send(
      new PublishBatchCommand({
        TopicArn: topicArn,
        PublishBatchRequestEntries: batch.map(({ body, message, scope }, index) => ({
          Id: String(index),
          Message: body,
          MessageAttributes: {
            type: { DataType: 'String', StringValue: message.type },
            origin: { DataType: 'String', StringValue: region },
            scope: { DataType: 'String', StringValue: scope },
          },
        })),
      }),
    );
    failed.push(...Failed.map(({ Code, Message }) => `${Code}: ${Message}`));
  }
  if (failed.length > 0) {
    throw new BazarError(`${failed.length} messages were not published: ${failed.join('; ')}`);
  }
}

/**
 * One announcement for each key, of its newest state. It is local if any of its changes was (the
 * newest alone may be a merge, and the sale before it would never be told), and it names the lists
 * of all of them.
 */
export function coalesce(changes: readonly TableChange[], region: Region): Announcement[] {
  const byKey = new Map<string, Announcement>();
  for (const { before, after } of changes) {
    if (after === undefined) continue;
    const message = messageOf(before, after, region);
    if (message === undefined) continue;
    const key = String(after['id']);
    byKey.set(key, joinAnnouncements(byKey.get(key), { message, scope: scopeOf(after) }));
  }
  return [...byKey.values()];
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
    return { v: 1, type: 'order', region, order: orderRowSchema.parse(after) };
  }
  if (!('bookId' in after)) return undefined;
  const book = toBookState(after);
  const lists = listsChanged(before && toBookState(before), book);
  return { v: 1, type: 'book', region, book, lists };
}

type Entry = Announcement & { readonly body: string };

function batchesOf(announcements: readonly Announcement[]): Entry[][] {
  const batches: Entry[][] = [];
  let batch: Entry[] = [];
  let batchBytes = 0;
  for (const announcement of announcements) {
    const body = JSON.stringify(announcement.message);
    const bytes = Buffer.byteLength(body) + 256;
    if (batch.length === mostEntriesInOneBatch || batchBytes + bytes > mostBytesInOneBatch) {
      batches.push(batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push({ ...announcement, body });
    batchBytes += bytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches.filter((entries) => entries.length > 0);
}
