/**
 * The front end's cache of lists: a topic's page, a page of the whole catalogue, the topics. They
 * hold ids only, so a purchase touches none of them. A page is valid for one generation of its
 * list; whatever moves a book into or out of the list starts the next (design L1, L2).
 */
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { batchGet } from '../dynamodb/batch-get.js';
import { ifConditionHolds } from '../dynamodb/conditional-write.js';
import { compares, either, Expression, isNotThere } from '../dynamodb/expression.js';
import type { TableLink } from '../dynamodb/table-link.js';
import type { System } from '../system.js';

/** A page's entries, and where the next one starts; undefined on the last. */
export interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly next?: string;
}

export interface PageLookup<Entry> {
  readonly generation: number;
  /** When the list last changed, in milliseconds since the epoch; 0 if it never did. */
  readonly changedAt: number;
  /** The page as it was filled last, of whatever generation. */
  readonly page: Page<Entry> | undefined;
  readonly isFresh: boolean;
}

const pageSchema = z.object({
  entries: z.array(z.union([z.string(), z.number()])),
  next: z.string().optional(),
});

const lifetimeSeconds = 7 * 24 * 60 * 60;

export class PageCache {
  readonly #table: string;
  readonly #link: TableLink;
  readonly #system: System;

  constructor(table: string, link: TableLink, system: System) {
    this.#table = table;
    this.#link = link;
    this.#system = system;
  }

  /** The list's generation and one of its pages, in one strongly consistent call. @throws UnavailableError */
  async lookUp<Entry>(list: string, pageName: string): Promise<PageLookup<Entry>> {
    const keys = [listKey(list), pageKey(list, pageName)];
    const found = await batchGet(this.#link, this.#system, {
      [this.#table]: keys.map((id) => ({ id })),
    });
    const items = new Map((found[this.#table] ?? []).map((item) => [item['id'], item]));
    const [head, page] = keys.map((key) => items.get(key));
    const generation = Number(head?.['generation'] ?? 0);
    // One of another version of the store counts as not there.
    const { data } = pageSchema.safeParse(page?.['page']);
    return {
      generation,
      changedAt: Number(head?.['changedAt'] ?? 0),
      page: data as Page<Entry> | undefined,
      isFresh:
        page?.['generation'] === generation && Number(page['freshUntil']) > this.#system.now(),
    };
  }

  /**
   * Keeps a page that was read while the list was in `generation`. If the list has moved on, the
   * page is kept for an outage only, unless one of a later generation is there already.
   *
   * @throws UnavailableError
   */
  async keep<Entry>(
    list: string,
    pageName: string,
    { page, generation, freshUntil }: { page: Page<Entry>; generation: number; freshUntil: number },
  ): Promise<void> {
    const isOfNoLater = either(isNotThere('id'), compares('generation', '<=', generation));
    await ifConditionHolds(
      this.#link.write(
        new PutCommand({
          TableName: this.#table,
          Item: {
            id: pageKey(list, pageName),
            page,
            generation,
            freshUntil,
            expiresAt: Math.floor(this.#system.now() / 1000) + lifetimeSeconds,
          },
          ...new Expression().require(isOfNoLater).toCondition(),
        }),
      ),
    );
  }

  /** Starts the next generation of lists that a book was moved into or out of. @throws UnavailableError */
  async renew(lists: readonly string[]): Promise<void> {
    await Promise.all(
      lists.map((list) =>
        this.#link.write(
          new UpdateCommand({
            TableName: this.#table,
            Key: { id: listKey(list) },
            UpdateExpression:
              'SET generation = if_not_exists(generation, :zero) + :one, changedAt = :now',
            ExpressionAttributeValues: { ':zero': 0, ':one': 1, ':now': this.#system.now() },
          }),
        ),
      ),
    );
  }
}

const listKey = (list: string): string => `list#${list}`;

const pageKey = (list: string, pageName: string): string => `page#${list}#${pageName}`;
