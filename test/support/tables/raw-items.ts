/** Items that are put into a table as they are, many at a time, and a table's items as they are. */
import { BatchWriteCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { chunksOf } from '../../../lib/concurrency.js';
import { listingKeyOf } from '../../../lib/tables/book-item.js';
import { shardOf } from '../../../lib/dynamodb/sharding.js';
import type { DocumentClient } from '../../../lib/dynamodb/table-link.js';

export async function putAll(
  client: DocumentClient,
  table: string,
  items: readonly Record<string, unknown>[],
): Promise<void> {
  // The most that a batch takes.
  for (const chunk of chunksOf(items, 25)) {
    const requests = chunk.map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
  }
}

/** What a book shows of itself in the index that lists are read from. */
export const listed = (bookId: number, topic: string) => ({
  id: String(bookId),
  bookId,
  shelf: shardOf(String(bookId)),
  shelfKey: listingKeyOf(topic, bookId),
});

/** Every item of a table. */
export async function itemsOf(
  client: Pick<DocumentClient, 'send'>,
  TableName: string,
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName, ConsistentRead: true, ExclusiveStartKey }),
    );
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return items;
}
