/** The store's own operations on its tables, one after the other, drawn at random. */
import * as fc from 'fast-check';
import { TableLink, type DocumentClient } from '../../../lib/dynamodb/table-link.js';
import { BookCache } from '../../../lib/cache/book-cache.js';
import { PageCache } from '../../../lib/cache/page-cache.js';
import { withoutUndefined } from '../../../lib/http/without-undefined.js';
import { bookIdsOf, type LineItem, type OrderRow } from '../../../lib/rules/order.js';
import type { Slot } from '../../../lib/rules/settlement.js';
import { beat, joinHeartbeat, readHeartbeats } from '../../../lib/tables/heartbeat.js';
import { reconcile } from '../../../lib/replication/reconcile.js';
import { Replica } from '../../../lib/tables/replica.js';
import type { Site } from '../../../lib/rules/sites.js';
import type { System } from '../../../lib/system.js';
import { silentTelemetry } from '../../../lib/telemetry.js';

/** Of two incarnations, so that their tables can lie in one database. */
const sites: readonly Site[] = ['us-east-1#1', 'eu-west-1#2'];

/** Everything that works on one database. */
export interface Shop {
  readonly replicas: readonly Replica[];
  readonly books: BookCache;
  readonly pages: PageCache;
  readonly system: System;
  /** What reconcile remembers, from each site. */
  readonly compared: ReadonlyMap<Site, Map<string, number>>;
}

/** @param now the clock; nobody waits. */
export function openShop(client: DocumentClient, now: () => number): Shop {
  let uuids = 0;
  const system: System = {
    now,
    random: () => 0.5,
    uuid: () => `nonce-${(uuids += 1)}`,
    sleep: () => Promise.resolve(),
  };
  const link = new TableLink(
    'here',
    { read: client, write: client, probe: client, closeUnused: () => undefined },
    system,
  );
  return {
    replicas: sites.map((site) => new Replica(site, 'bazar-dev', link, system)),
    books: new BookCache('bazar-dev-cache', link, system),
    pages: new PageCache('bazar-dev-cache', link, system),
    system,
    compared: new Map(sites.map((site) => [site, new Map()])),
  };
}

const small = (most: number) => fc.integer({ min: 1, max: most });
const books = small(3);
const site = fc.nat(1);
const quantities = small(4);
const prices = fc.constantFrom(100, 200);
const topics = fc.constantFrom('one', 'Two', 'three 😀');
const isbns = fc.constantFrom('9780439023481', '9781000000412');
const orderIds = fc.constantFrom('a0', 'b1', 'c2', 'd3', 'e4');
const bodies = fc.constantFrom('h1', 'h2');
const keyIds = fc.constantFrom<string>('k1', 'k2', 'k3', 'k4', 'k5', 'k6');

const itemOf = (item: Pick<LineItem, 'bookId' | 'quantity' | 'unitPrice'>): LineItem => ({
  ...item,
  title: 'a title',
  total: item.quantity * item.unitPrice,
});

const rows = fc
  .record({
    id: fc.oneof(
      { weight: 4, arbitrary: orderIds },
      { weight: 1, arbitrary: fc.tuple(orderIds, bodies).map((parts) => parts.join('~')) },
    ),
    items: fc.uniqueArray(fc.record({ bookId: books, quantity: quantities, unitPrice: prices }), {
      minLength: 1,
      maxLength: 2,
      selector: ({ bookId }) => bookId,
    }),
    day: small(3),
    status: fc.constantFrom('placed', 'placed', 'cancelled', 'disputed'),
    site,
    bodyHash: bodies,
  })
  .map(
    ({ day, site: place, items, ...row }): OrderRow =>
      ({
        ...row,
        items: items.map(itemOf),
        total: items.map(itemOf).reduce((sum, { total }) => sum + total, 0),
        currency: 'USD',
        region: String(sites[place]).split('#', 1)[0],
        createdAt: `2026-11-0${day}T00:00:00.000Z`,
        site: sites[place],
      }) as OrderRow,
  );

const slots: fc.Arbitrary<Slot> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Slot>({ kind: 'empty' }) },
  {
    weight: 2,
    arbitrary: small(6).map((count): Slot => ({ kind: 'refusal', nonce: `nonce-${count}` })),
  },
  { weight: 1, arbitrary: rows.map((order): Slot => ({ kind: 'order', order })) },
);

const kind = <Kind extends string, Parts extends object>(
  name: Kind,
  parts: { [Part in keyof Parts]: fc.Arbitrary<Parts[Part]> },
) =>
  fc
    .tuple(site, fc.record(parts) as fc.Arbitrary<Parts>)
    .map(([place, drawn]) => ({ kind: name, site: place, ...drawn }));

const catalogueOperations = fc.oneof(
  kind('create', {
    id: books,
    topic: topics,
    price: prices,
    stock: small(9),
    share: fc.nat(3),
    keyId: keyIds,
  }),
  kind('restock', { id: books, quantity: quantities, share: fc.nat(1), keyId: keyIds }),
  kind('write off', { id: books, quantity: quantities, keyId: keyIds }),
  kind('move', { id: books, quantity: quantities }),
  kind('tell', { id: books }),
  kind('change', {
    id: books,
    topic: fc.option(topics, { nil: undefined }),
    price: fc.option(prices, { nil: undefined }),
    isListed: fc.option(fc.boolean(), { nil: undefined }),
    isbn: fc.option(fc.option(isbns), { nil: undefined }),
  }),
  kind('get', { id: books }),
  kind('list', { topic: topics, isbn: isbns, from: fc.nat(3), limit: small(3) }),
);

const orderOperations = fc.oneof(
  kind('sell', { row: rows, slot: slots, isPriceKnown: fc.boolean() }),
  kind('sell', { row: rows, slot: slots, isPriceKnown: fc.boolean() }),
  kind('shut', { id: orderIds }),
  kind('cancel', { id: orderIds }),
  kind('join', { row: rows }),
  kind('join what is there', { id: orderIds }),
  kind('find', { ids: fc.uniqueArray(orderIds, { minLength: 1 }), limit: small(3), keyId: keyIds }),
);

const otherOperations = fc.oneof(
  kind('cache', { id: books, freshUntil: fc.nat(3), isKnown: fc.boolean() }),
  kind('page', { list: topics, generation: fc.nat(2), freshUntil: fc.nat(3) }),
  kind('renew', { lists: fc.uniqueArray(topics) }),
  kind('beat', { beatAt: fc.nat(99) }),
  kind('reconcile', {}),
);

const anyOperation = fc.oneof(
  { weight: 4, arbitrary: catalogueOperations },
  { weight: 6, arbitrary: orderOperations },
  { weight: 3, arbitrary: otherOperations },
);

type Operation = typeof anyOperation extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** Every book is created and heard of first, or few sales would come about. */
const opening: readonly Operation[] = [1, 2, 3].flatMap((id): Operation[] => [
  { kind: 'create', site: 0, id, topic: 'one', price: 100, stock: 9, share: 4, keyId: `k${id}` },
  { kind: 'tell', site: 1, id },
]);

export const randomOperations: fc.Arbitrary<Operation[]> = fc
  .array(anyOperation, { minLength: 30, maxLength: 60 })
  .map((operations) => [...opening, ...operations]);

/** Carries an operation out. @returns all that it says. */
export async function operate(shop: Shop, operation: Operation): Promise<unknown> {
  const own = shop.replicas[operation.site] as Replica;
  const other = shop.replicas[1 - operation.site] as Replica;
  const { catalog, listing, orders, sales } = own;
  switch (operation.kind) {
    case 'create': {
      const { id, topic, price, stock, share, keyId } = operation;
      const description = { title: `book ${id}`, authors: ['an author'], topic, price };
      const shares = { [other.site]: Math.min(share, stock) };
      const key = { id: keyId, bodyHash: `create ${id}` };
      const { item } = catalog.creationWrite(id, description, stock, shares, sites, key);
      return sales.withKey(key, item);
    }
    case 'restock': {
      const { id, quantity, share, keyId } = operation;
      const key = { id: keyId, bodyHash: `restock ${id} ${quantity}` };
      const known = await catalog.get(id);
      const shares = { [other.site]: share };
      const change = catalog.restockWrite(id, quantity, shares, key, known?.state.ledger ?? {});
      return sales.withKey(key, change);
    }
    case 'write off': {
      const { id, quantity, keyId } = operation;
      const key = { id: keyId, bodyHash: `write off ${id} ${quantity}` };
      const known = await catalog.get(id);
      const change = catalog.writeOffWrite(id, quantity, key, known?.state.ledger ?? {});
      return sales.withKey(key, change, { reason: 'damaged', isSentOnce: true });
    }
    case 'move':
      return catalog.move(operation.id, other.site, operation.quantity);
    case 'tell': {
      const book = await other.catalog.get(operation.id);
      return book && catalog.join(book.state);
    }
    case 'change': {
      const { id, topic, price, isListed, isbn } = operation;
      return catalog.change(id, withoutUndefined({ topic, price, isListed, isbn }), []);
    }
    case 'get': {
      const held = await catalog.get(operation.id);
      const { books: seen, orders: found } = await own.sight([operation.id], ['a0', 'b1']);
      return { held, seen: [...seen], orders: found.toSorted(byOrderId) };
    }
    case 'list':
      return [
        await listing.idsOfTopic(operation.topic, operation),
        await listing.idsOfIsbn(operation.isbn),
        await listing.keys({ from: '', limit: operation.limit }),
        await listing.topics({ from: operation.from === 0 ? '' : 'two', limit: operation.limit }),
      ];
    case 'sell': {
      const { row, slot, isPriceKnown } = operation;
      const { rows: held } = await catalog.getAll(bookIdsOf(row));
      const known = new Map(held.map(({ state }) => [state.id, state.registers.price?.value]));
      const items = row.items.map((item) => {
        const price = isPriceKnown ? known.get(item.bookId) : undefined;
        return { ...item, unitPrice: price ?? item.unitPrice };
      });
      return sales.sell(
        { ...row, items, site: own.site, status: 'placed' },
        // Nobody looks into another order's slot.
        slot.kind === 'order' ? { ...slot, order: { ...slot.order, id: row.id } } : slot,
      );
    }
    case 'shut':
      return orders.shut(operation.id);
    case 'cancel': {
      const [found] = await orders.find([operation.id]);
      // A site cancels its own sales only. The second time it is no longer as it was found.
      if (found?.site !== own.site) return undefined;
      return [await sales.cancel(found), await sales.cancel(found)];
    }
    case 'join':
      return sales.join(operation.row);
    case 'join what is there': {
      const [found] = await other.orders.find([operation.id]);
      return found && sales.join(found);
    }
    case 'find': {
      const found = await orders.find(operation.ids);
      return [
        found.sort(byOrderId),
        await orders.placesBefore('2026-11-03', operation.limit),
        await orders.placesOfBookBefore(1, '2026-11-03', operation.limit),
        await own.sightKey(1, operation.keyId),
      ];
    }
    case 'cache': {
      const { id, freshUntil, isKnown } = operation;
      const book = await catalog.get(id);
      const known = isKnown ? (await shop.books.getAll([id])).get(id) : undefined;
      return book && shop.books.join(known, book.state, { freshUntil });
    }
    case 'page': {
      const { list, generation, freshUntil } = operation;
      const page = { entries: [1, 2], next: 'next' };
      await shop.pages.keep(list, 'first', { page, generation, freshUntil });
      return shop.pages.lookUp(list, 'first');
    }
    case 'renew':
      return shop.pages.renew(operation.lists);
    case 'beat':
      await beat(own, shop.system);
      await joinHeartbeat(own, { region: other.region, beatAt: operation.beatAt });
      return readHeartbeats(own, shop.system, [own.region, other.region]);
    case 'reconcile':
      return reconcile({
        own,
        other,
        system: shop.system,
        telemetry: silentTelemetry,
        compared: shop.compared.get(own.site) as Map<string, number>,
        hasTime: () => true,
      });
  }
}

/** A BatchGetItem answers in no order. */
const byOrderId = (one: OrderRow, other: OrderRow): number => (one.id < other.id ? -1 : 1);
