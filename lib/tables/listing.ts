/** The indexes of a site's catalogue that books are found by; eventually consistent, as indexes are. */
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { ofEveryShard } from '../dynamodb/sharding.js';
import type { TableLink } from '../dynamodb/table-link.js';
import { joinStretches, type Stretch } from '../rules/stretch.js';
import { topicKey } from '../rules/topic.js';
import { topicOfListingKey } from './book-item.js';

/** Of each shard, for one page of topics: of large ones each Query may find only one more. */
const mostQueriesForTopics = 25;

/** More than one share an ISBN only where somebody made a mistake, or sells a book in two states. */
const mostBooksOfIsbn = 20;

/** Which part of a list to read. */
interface Part<Entry> {
  /** The first entry that may be in it. */
  readonly from: Entry;
  readonly limit: number;
}

export class Listing {
  readonly #table: string;
  readonly #link: TableLink;

  constructor(table: string, link: TableLink) {
    this.#table = table;
    this.#link = link;
  }

  /** Ids of a topic's books in ascending order, from `from` on. @throws UnavailableError */
  async idsOfTopic(topic: string, { from, limit }: Part<number>): Promise<Stretch<number>> {
    const { Items = [], LastEvaluatedKey } = await this.#link.read(
      new QueryCommand({
        TableName: this.#table,
        IndexName: 'by-topic',
        KeyConditionExpression: 'topicKey = :topic AND bookId >= :from',
        ExpressionAttributeValues: { ':topic': topicKey(topic), ':from': from },
        Limit: limit,
      }),
    );
    const ids = Items.map((item) => Number(item['bookId']));
    return { entries: ids, until: LastEvaluatedKey && ids.at(-1) };
  }

  /** Ids of the books of an ISBN-13, the first of them in ascending order. @throws UnavailableError */
  async idsOfIsbn(isbn: string): Promise<number[]> {
    const { Items = [] } = await this.#link.read(
      new QueryCommand({
        TableName: this.#table,
        IndexName: 'by-isbn',
        KeyConditionExpression: 'isbnKey = :isbn',
        ExpressionAttributeValues: { ':isbn': isbn },
        Limit: mostBooksOfIsbn,
      }),
    );
    return Items.map((item) => Number(item['bookId']));
  }

  /** Keys of the listing in order, from `from` on, over all of its shards. @throws UnavailableError */
  async keys({ from, limit }: Part<string>): Promise<Stretch<string>> {
    return joinStretches(
      await ofEveryShard((shard) => this.#page(shard, from, limit)),
      byCodePoint,
    );
  }

  /**
   * Topic keys that books here have, in order, from `from` on: a loose scan of the listing. Where
   * topics are large it ends before there are `limit` of them.
   *
   * @throws UnavailableError
   */
  async topics({ from, limit }: Part<string>): Promise<Stretch<string>> {
    return joinStretches(
      await ofEveryShard((shard) => this.#topicsOfShard(shard, from, limit)),
      byCodePoint,
    );
  }

  async #topicsOfShard(shard: string, from: string, limit: number): Promise<Stretch<string>> {
    const topics = new Set<string>();
    let start = from;
    for (let queries = 0; queries < mostQueriesForTopics; queries += 1) {
      const page = await this.#page(shard, start, limit);
      for (const key of page.entries) topics.add(topicOfListingKey(key));
      if (page.until === undefined) return { entries: [...topics] };
      if (topics.size >= limit) break;
      // The rest of the page's last topic would tell nothing new: go on behind it.
      start = `${topicOfListingKey(page.until)}\u0001`;
    }
    const entries = [...topics];
    return { entries, until: entries.at(-1) };
  }

  async #page(shard: string, from: string, limit: number): Promise<Stretch<string>> {
    const { Items = [], LastEvaluatedKey } = await this.#link.read(
      new QueryCommand({
        TableName: this.#table,
        IndexName: 'listing',
        KeyConditionExpression:
          from === '' ? 'shelf = :shelf' : 'shelf = :shelf AND shelfKey >= :from',
        ExpressionAttributeValues: { ':shelf': shard, ...(from !== '' && { ':from': from }) },
        Limit: limit,
      }),
    );
    const keys = Items.map((item) => String(item['shelfKey']));
    return { entries: keys, until: LastEvaluatedKey && keys.at(-1) };
  }
}

/** DynamoDB sorts strings by their UTF-8 bytes, which is the order of code points; `<` is not. */
export function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
