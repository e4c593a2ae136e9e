/**
 * The usual answer, to compare with: one stock counter for each book in each region, sold from by a
 * conditional update in the region nearest to the buyer, and replicated whole, the last writer
 * winning, as DynamoDB Global Tables resolves concurrent writes. The same clients ask it, at the
 * same moments, while the same regions are down or cut off. No message is ever lost, doubled or late
 * for another reason, and no answer: that is more than the store itself is granted.
 */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { Clients, type Shop, type ShopFront } from '../actors/clients.js';
import { Decisions } from '../clockwork/decisions.js';
import type { Invocation, Outcome } from '../clockwork/lambda-deployment.js';
import { Disturbances, type Disturbed } from '../actors/disturbances.js';
import type { FunctionName } from '../places/front-end-place.js';
import { Network } from '../places/network.js';
import { cacheOf } from '../places/place.js';
import { isPurchase, itemsAsked, type AskedItem } from '../record/purchases.js';
import { drawProfile, usualSlowness, type Profile } from '../clockwork/profile.js';
import { Scheduler } from '../clockwork/scheduler.js';
import { replicaRegions } from '../places/layout.js';
import { lagMs, retryMs } from './replay-last-writer-wins.js';

interface BookItem {
  readonly stock: number;
  readonly price: number;
  /** When it was written last; of two versions the later wins. */
  readonly stamp: string;
}

type CountedRegion = Disturbed['regions'][number] & { readonly books: Map<number, BookItem> };

export interface Totals {
  readonly copiesSold: number;
  readonly copiesOversold: number;
}

/** Sells in one world for as long as the store itself did, and then counts. */
export async function sellByLastWriterWins(
  seed: number,
  regions: number,
  untilMs: number,
): Promise<Totals> {
  const world = new CountingWorld(seed, regions);
  try {
    return await world.sell(untilMs);
  } finally {
    world.scheduler.stop();
  }
}

class CountingWorld implements Shop, Disturbed {
  readonly scheduler = new Scheduler();
  readonly decisions: Decisions;
  readonly profile: Profile;
  readonly network: Network;
  readonly regions: readonly CountedRegion[];
  readonly fronts: readonly (ShopFront & Disturbed['fronts'][number])[];
  readonly #sold = new Map<number, number>();
  readonly #stocked = new Map<number, number>();
  readonly #done = new Map<string, APIGatewayProxyResult>();

  constructor(seed: number, regions: number) {
    this.decisions = new Decisions(seed, () => this.scheduler.nowMs);
    this.profile = drawProfile(this.decisions);
    this.network = new Network(this.scheduler, this.decisions, {
      rates: {},
      strain: 1,
      slowness: usualSlowness,
    });
    this.regions = replicaRegions.slice(0, regions).map((name) => ({
      name,
      clock: { offsetMs: 0 },
      place: { name, condition: 'up', held: [], isIndexBehind: false },
      books: new Map(),
      rewindStreams: () => undefined,
    }));
    this.fronts = this.regions.slice(0, 2).map((nearest, index) => {
      const name = `front ${index + 1}`;
      return {
        name,
        clock: { offsetMs: 0 },
        cache: { name: cacheOf(name), condition: 'up', held: [] },
        request: (_name: string, route: FunctionName, event: APIGatewayProxyEvent) =>
          this.#request(name, nearest, route, event),
      };
    });
  }

  onAsked(): void {}

  onAnswered(): void {}

  /** This store is spared the loss of tables. */
  lose(): undefined {
    return undefined;
  }

  async sell(untilMs: number): Promise<Totals> {
    const clients = new Clients(this);
    const disturbances = new Disturbances(this);
    const open = async () => {
      await clients.openShop();
      clients.startOperations();
      disturbances.start();
    };
    void open();
    while (await this.scheduler.step(untilMs));
    let copiesSold = 0;
    let copiesOversold = 0;
    for (const [book, sold] of this.#sold) {
      copiesSold += sold;
      copiesOversold += Math.max(0, sold - (this.#stocked.get(book) ?? 0));
    }
    return { copiesSold, copiesOversold };
  }

  /** In the nearest region that answers; a key is remembered everywhere at once, which is more than is possible. */
  async #request(
    front: string,
    nearest: CountedRegion,
    route: FunctionName,
    event: APIGatewayProxyEvent,
  ): Promise<Outcome<APIGatewayProxyResult>> {
    await this.scheduler.sleep(10);
    const inOrder = [nearest, ...this.regions.filter((region) => region !== nearest)];
    const region = inOrder.find(
      ({ name, place }) => place.condition === 'up' && !this.network.isCut(front, name),
    );
    const key = event.headers['Idempotency-Key'];
    const known = key === undefined ? undefined : this.#done.get(key);
    const result = known ?? (region ? this.#answer(region, route, event) : reply(503, {}));
    if (key !== undefined && result.statusCode < 300) this.#done.set(key, result);
    return { kind: 'done', result, invocation: {} as Invocation };
  }

  #answer(
    region: CountedRegion,
    route: FunctionName,
    { pathParameters, body }: APIGatewayProxyEvent,
  ): APIGatewayProxyResult {
    const asked = JSON.parse(body ?? '{}') as Record<string, number>;
    const id = Number(pathParameters?.['id'] ?? asked['id']);
    const purchase = { asked: { route, path: { id: String(id) }, body: asked } };
    if (isPurchase(purchase)) return this.#sell(region, itemsAsked(purchase));
    const book = region.books.get(id);
    if (route === 'create-book') {
      this.#write(region, id, { stock: asked['stock'] ?? 0, price: asked['price'] ?? 0 });
      add(this.#stocked, id, asked['stock'] ?? 0);
      return reply(201, {});
    }
    if (book === undefined) return reply(404, {});
    const { quantity = 0, price } = asked;
    if (route === 'restock-book') {
      this.#write(region, id, { ...book, stock: book.stock + quantity });
      add(this.#stocked, id, quantity);
      return reply(200, {});
    }
    if (route === 'update-book') this.#write(region, id, { ...book, price: price ?? book.price });
    return reply(200, { price: book.price, stock: book.stock });
  }

  /** All or nothing, as far as this region knows. */
  #sell(region: CountedRegion, items: readonly AskedItem[]): APIGatewayProxyResult {
    const isHere = ({ bookId }: AskedItem) => region.books.has(bookId);
    if (!items.every(isHere)) return reply(404, {});
    const isForSale = ({ bookId, quantity, unitPrice }: AskedItem) => {
      const { price, stock } = region.books.get(bookId) as BookItem;
      return stock >= quantity && (unitPrice === undefined || unitPrice === price);
    };
    if (!items.every(isForSale)) return reply(409, {});
    for (const { bookId, quantity } of items) {
      const book = region.books.get(bookId) as BookItem;
      this.#write(region, bookId, { ...book, stock: book.stock - quantity });
      add(this.#sold, bookId, quantity);
    }
    return reply(201, {});
  }

  #write(region: CountedRegion, id: number, book: Omit<BookItem, 'stamp'>): void {
    const stamp = `${this.scheduler.nowMs} ${region.name}`;
    const item = { ...book, stamp };
    region.books.set(id, item);
    const random = this.decisions.of(`replication ${id} ${stamp}`);
    for (const other of this.regions.filter((one) => one !== region)) {
      const arrive = () => {
        const isApart =
          this.network.isCut(region.name, other.name) || other.place.condition !== 'up';
        if (isApart || region.place.condition !== 'up') {
          this.scheduler.after(retryMs, 'replication retried', arrive);
        } else if (item.stamp > (other.books.get(id)?.stamp ?? '')) {
          other.books.set(id, item);
        }
      };
      const arrivesInMs = random.whole(lagMs.least, lagMs.most);
      this.scheduler.after(arrivesInMs, 'replication', arrive);
    }
  }
}

const reply = (statusCode: number, body: object): APIGatewayProxyResult => ({
  statusCode,
  headers: {},
  body: JSON.stringify(body),
});

const add = (counts: Map<number, number>, key: number, count: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + count);
};
