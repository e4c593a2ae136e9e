/** Clients: each operation is one of them, who asks, waits, and asks again as the API tells them to. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { shuffled, type RandomChoice } from '../../tools/random.js';
import type { Clockwork } from '../clockwork/clockwork.js';
import type { Outcome } from '../clockwork/lambda-deployment.js';
import type { FunctionName } from '../places/front-end-place.js';
import {
  entriesOf,
  isAcknowledged,
  isBusy,
  isRefused,
  type Asked,
  type Try,
} from '../record/history.js';
import { operationKinds, type OperationKind } from '../clockwork/profile.js';
import type { AskedItem } from '../record/purchases.js';
import { toAnswer, toEvent } from '../record/requests.js';

export const topics = ['Databases', 'Gardening', 'Rust'];
export const isbns = ['9780439023481', '9781000000412', '9791090636071'];

/** All that everybody's titles and authors have in common, whole and by its beginning. */
export const wordSearches: readonly Readonly<Record<string, string>>[] = [
  { q: 'title' },
  { q: 'ti' },
  { q: 'TITLE author' },
  { q: 'Authór ti' },
  { q: 'of title' },
  { q: 'auth', topic: 'rust' },
];

const mostTries = 10;
/** The numbers of a buyer's looks at their books, apart from those of their tries to buy. */
const firstLook = 1_000;
/** More than there ever are here. */
const mostPages = 200;

/** Who is told that the store is busy asks again. */
const isAnsweredForGood = (one: Try): boolean =>
  isAcknowledged(one) || (isRefused(one) && !isBusy(one));

/** What the clients see of a store. */
export interface Shop extends Clockwork {
  readonly fronts: readonly ShopFront[];
  onAsked(one: Try): void;
  onAnswered(one: Try): void;
}

export interface ShopFront {
  readonly name: string;
  request(
    name: string,
    route: FunctionName,
    event: APIGatewayProxyEvent,
  ): Promise<Outcome<APIGatewayProxyResult>>;
}

/** An order as a client knows it: what they asked for, and under which id. */
interface Purchase {
  readonly key: string;
  readonly items: readonly AskedItem[];
  orderId: string | undefined;
}

export class Clients {
  /** Operations that have not come to their end. */
  running = 0;
  readonly #world: Shop;
  readonly #books: number[] = [];
  /** Those that nobody is creating by itself, who would be told that they are there. */
  readonly #importable: number[] = [];
  readonly #purchases = new Map<number, Purchase>();
  readonly #kinds: readonly OperationKind[];
  #operations = 0;
  #isOpen = true;

  constructor(world: Shop) {
    this.#world = world;
    this.#kinds = operationKinds(world.profile);
  }

  /** Every book that was ever created, or tried to be. */
  get books(): readonly number[] {
    return this.#books;
  }

  /** Creates the first books; resolves when they are there. */
  async openShop(): Promise<void> {
    const { profile } = this.#world;
    for (let book = 1; book <= profile.books; book += 1) {
      await this.#run(-book, (random) => this.#create(random, -book, book, profile.copies));
      this.#importable.push(book);
    }
  }

  /** Lets operations begin, one after the other, until the shop closes. */
  startOperations(): void {
    if (!this.#isOpen) return;
    this.#operations += 1;
    const operation = this.#operations;
    const { decisions, scheduler, profile } = this.#world;
    const random = decisions.of(`operation ${operation} start`);
    const pauseMs = -Math.log(1 - random.number()) * profile.pauseMs;
    scheduler.after(pauseMs, `operation ${operation}`, () => {
      this.startOperations();
      if (!this.#isOpen || !decisions.take(`operation ${operation}`)) return;
      void this.#run(operation, (choice) => this.#operate(operation, choice));
    });
  }

  /** No operation begins any more. */
  close(): void {
    this.#isOpen = false;
  }

  /** Asks for something once, in the end. */
  look(number: number, front: ShopFront, asked: Asked): Promise<Try> {
    return this.#run(0, () => this.#ask(0, number, front, asked));
  }

  /** Asks for a list once, in the end, page by page. */
  lookThrough(number: number, front: ShopFront, asked: Asked): Promise<Try[]> {
    return this.#run(0, () => this.#walk(0, front, asked, number));
  }

  async #run<Result>(
    operation: number,
    work: (random: RandomChoice) => Promise<Result>,
  ): Promise<Result> {
    this.running += 1;
    const result = await work(this.#world.decisions.of(`operation ${operation}`));
    this.running -= 1;
    return result;
  }

  #operate(operation: number, random: RandomChoice): Promise<unknown> {
    const kind = random.oneOf(this.#kinds);
    const bookId = random.number() < 0.01 ? 999 : random.oneOf(this.#books);
    const once = (asked: Asked) => this.#ask(operation, 0, this.#front(random), asked);
    const path = { id: String(bookId) };
    switch (kind) {
      case 'buy':
        return this.#buy(random, operation, bookId);
      case 'info':
        return once({ route: 'info', path });
      case 'search':
        return this.#walk(operation, this.#front(random), {
          route: 'search',
          path: { topic: random.oneOf(topics) },
          query: { limit: random.oneOf(['100', '100', '3']) },
        });
      case 'words':
        return this.#walk(operation, this.#front(random), {
          route: 'search',
          query: {
            ...random.oneOf([...wordSearches, { q: `title ${random.whole(1, operation)}` }]),
            limit: random.oneOf(['100', '3']),
          },
        });
      case 'list':
        return this.#walk(operation, this.#front(random), {
          route: 'list-books',
          query: { limit: random.oneOf(['100', '4']) },
        });
      case 'topics':
        return this.#walk(operation, this.#front(random), {
          route: 'list-topics',
          query: { limit: random.oneOf(['20', '1']) },
        });
      case 'cancel':
        return this.#cancel(random, operation);
      case 'restock':
        return this.#untilDone(random, operation, {
          route: 'restock-book',
          path,
          body: { quantity: random.whole(1, this.#world.profile.mostRestocked) },
          key: keyOf('restock', operation),
        });
      case 'change':
        return this.#untilDone(random, operation, {
          route: 'update-book',
          path,
          body: changeOf(random, operation),
        });
      case 'create':
        return this.#create(random, operation, 100 + operation, random.whole(0, 10));
      case 'import':
        return this.#import(random, operation);
      case 'write-off':
        return this.#untilDone(random, operation, {
          route: 'write-off-book',
          path,
          body: { quantity: random.oneOf(this.#world.profile.quantities), reason: 'damaged' },
          key: keyOf('write-off', operation),
        });
      case 'sale':
        return this.#untilDone(random, operation, {
          route: 'update-book',
          path,
          body: { isListed: random.number() < 0.6 },
        });
      case 'isbn':
        return once({ route: 'info', query: { isbn: random.oneOf(isbns) } });
      case 'order': {
        const id = this.#earlier(random, operation)?.orderId ?? 'nobody';
        return once({ route: 'get-order', path: { id } });
      }
      case 'orders':
        return once({
          route: 'list-orders',
          query: { limit: '50' },
        });
    }
  }

  async #create(random: RandomChoice, operation: number, id: number, stock: number) {
    const body = {
      id,
      title: `Timely title ${operation}`,
      authors: [`Author ${operation}`],
      topic: random.oneOf(topics),
      price: priceOf(operation),
      ...(random.number() < 0.3 && { isbn: random.oneOf(isbns) }),
      stock,
    };
    this.#books.push(id);
    await this.#untilDone(random, operation, {
      route: 'create-book',
      body,
      key: keyOf('create', operation),
    });
  }

  /** Some of the books are there, or are being created by others; some who import do so twice at once. */
  async #import(random: RandomChoice, operation: number): Promise<void> {
    const { scheduler, profile } = this.#world;
    const ids = new Set(
      Array.from({ length: random.whole(1, 4) }, (_, place) =>
        random.number() < 0.5 ? importedId(operation, place) : random.oneOf(this.#importable),
      ),
    );
    const books = [...ids].map((id, place) => ({
      id,
      title: `Timely title ${operation} of ${place}`,
      authors: [`Author ${operation}`],
      topic: random.oneOf(topics),
      price: priceOf(operation) + place,
      stock: random.whole(0, 10),
    }));
    const others = [...ids].filter((id) => !this.#books.includes(id));
    this.#books.push(...others);
    this.#importable.push(...others);
    const asked: Asked = { route: 'import-books', body: { books } };
    if (random.number() < profile.haste) {
      const other = this.#front(random);
      const delayMs = random.whole(0, 400);
      await Promise.all([
        this.#untilDone(random, operation, asked),
        scheduler.sleep(delayMs).then(() => this.#ask(operation, mostTries, other, asked)),
      ]);
    } else {
      await this.#untilDone(random, operation, asked);
    }
  }

  async #buy(random: RandomChoice, operation: number, bookId: number): Promise<void> {
    const { scheduler, profile } = this.#world;
    const purchase = this.#purchaseOf(random, operation, bookId);
    const front = this.#front(random);
    const priced = await this.#pricedItems(random, operation, front, purchase.items);
    const asked = (items = priced): Asked => purchaseAsked(random, purchase.key, items);
    const isHasty = random.number() < profile.haste;
    let done = isHasty
      ? await Promise.all(
          [1, 2].map(async (number) => {
            await scheduler.sleep(random.whole(0, 400));
            const isOther = number === 2 && random.number() < profile.confusion;
            const items = isOther ? miscounted(random, purchase.items) : priced;
            return this.#ask(operation, number, this.#front(random), asked(items));
          }),
        )
      : [await this.#ask(operation, 1, front, asked())];
    let tries = done.length;
    for (;;) {
      for (const { answer } of done) purchase.orderId ??= orderIdIn(answer?.body);
      const isKnown = done.some(isAnsweredForGood);
      const goesOn = !isKnown || random.number() < profile.stubbornness;
      if (!goesOn || tries >= mostTries) return;
      await scheduler.sleep(random.whole(50, profile.patienceMs * (isKnown ? 3 : 1)));
      tries += 1;
      const next = random.number() < 0.6 ? front : this.#front(random);
      done = [await this.#ask(operation, tries, next, asked())];
    }
  }

  /** Mostly a key of its own; now and then one that was used before, for the same or for another body. */
  #purchaseOf(random: RandomChoice, operation: number, bookId: number): Purchase {
    const own = {
      key: keyOf('order', operation),
      items: this.#basketWith(random, bookId),
      orderId: undefined,
    };
    const reused = random.number() < 0.08 ? this.#earlier(random, operation) : undefined;
    const purchase =
      reused === undefined ? own : random.number() < 0.6 ? reused : { ...own, key: reused.key };
    this.#purchases.set(operation, purchase);
    this.#purchases.delete(operation - 100);
    return purchase;
  }

  #basketWith(random: RandomChoice, bookId: number): AskedItem[] {
    const { baskets, quantities } = this.#world.profile;
    return [...new Set([bookId, ...shuffled(this.#books, random)])]
      .slice(0, random.oneOf(baskets))
      .map((id) => ({ bookId: id, quantity: random.oneOf(quantities) }));
  }

  #earlier(random: RandomChoice, operation: number): Purchase | undefined {
    return this.#purchases.get(operation - random.whole(1, 12));
  }

  /** Some buyers look first, and buy at the prices that they were shown; of some books they know none. */
  async #pricedItems(
    random: RandomChoice,
    operation: number,
    front: ShopFront,
    items: readonly AskedItem[],
  ): Promise<readonly AskedItem[]> {
    if (random.number() > 0.4) return items;
    const looks = await Promise.all(
      items.map(({ bookId }, place) =>
        this.#ask(operation, firstLook + place, front, {
          route: 'info',
          path: { id: String(bookId) },
        }),
      ),
    );
    await this.#world.scheduler.sleep(random.whole(1, 3_000));
    return items.map((item, place) => {
      const unitPrice = looks[place]?.answer?.body['price'];
      const isKnown = typeof unitPrice === 'number' && random.number() < 0.9;
      return isKnown ? { ...item, unitPrice } : item;
    });
  }

  /** Cancels one of the latest orders. */
  async #cancel(random: RandomChoice, operation: number): Promise<void> {
    const known = [...this.#purchases.values()].flatMap(({ orderId }) => orderId ?? []).slice(-8);
    if (known.length === 0) return;
    const id = random.oneOf(known);
    await this.#untilDone(random, operation, {
      route: 'cancel-order',
      path: { id },
    });
  }

  /** Asks again where no answer came or a 503, and now and then in any case. */
  async #untilDone(random: RandomChoice, operation: number, asked: Asked): Promise<void> {
    const { scheduler, profile } = this.#world;
    const { stubbornness, patienceMs } = profile;
    for (let number = 0; number < mostTries; number += 1) {
      const done = await this.#ask(operation, number, this.#front(random), asked);
      const isDone = isAnsweredForGood(done);
      if (isDone && random.number() > stubbornness / 2) return;
      await scheduler.sleep(random.whole(50, patienceMs));
    }
  }

  /** Pages through a list, for as long as there are pages; up to `mostPages`. */
  async #walk(operation: number, front: ShopFront, asked: Asked, number = 0): Promise<Try[]> {
    const pages: Try[] = [];
    let next: Asked | undefined = asked;
    while (next !== undefined && pages.length < mostPages) {
      const page: Try = await this.#ask(operation, number + pages.length, front, next);
      pages.push(page);
      next = pageBehind(page);
    }
    return pages;
  }

  #front(random: RandomChoice): ShopFront {
    return random.oneOf(this.#world.fronts);
  }

  /** Sends a request; resolves when its answer has come, or surely won't. */
  async #ask(operation: number, number: number, front: ShopFront, asked: Asked): Promise<Try> {
    const { scheduler, decisions } = this.#world;
    const name = `operation ${operation}.${number}`;
    const random = decisions.of(`${name} on its way`);
    const one: Try = {
      name,
      operation,
      front: front.name,
      asked,
      startMs: scheduler.nowMs,
      startStep: scheduler.steps,
      endMs: Number.NaN,
      endStep: Number.NaN,
      answer: undefined,
      invocation: undefined,
    };
    this.#world.onAsked(one);
    await scheduler.sleep(random.whole(2, 40));
    const outcome = await front.request(name, asked.route, toEvent(asked));
    await scheduler.sleep(random.whole(2, 40));
    one.invocation = outcome.invocation;
    one.endMs = scheduler.nowMs;
    one.endStep = scheduler.steps;
    if (outcome.kind === 'done') one.answer = toAnswer(outcome.result);
    this.#world.onAnswered(one);
    return one;
  }
}

/** The same in every run of a world, and as long as the API wants it. */
const keyOf = (kind: string, operation: number): string => `${kind}-of-operation-${operation}`;

/** An order of one book is asked for in either way; the books of a basket come in any order. */
function purchaseAsked(random: RandomChoice, key: string, items: readonly AskedItem[]): Asked {
  const [first, ...others] = shuffled(items, random) as [AskedItem, ...AskedItem[]];
  if (others.length > 0 || random.number() < 0.3) {
    return { route: 'place-order', body: { items: [first, ...others] }, key };
  }
  const { bookId, ...body } = first;
  return { route: 'buy', path: { id: String(bookId) }, body, key };
}

/** Some clients can't count: they ask for one copy more of a book, or forget a book of several. */
function miscounted(random: RandomChoice, items: readonly AskedItem[]): readonly AskedItem[] {
  const wrong = random.oneOf(items);
  if (items.length > 1 && random.number() < 0.5) return items.filter((item) => item !== wrong);
  return items.map((item) => (item === wrong ? { ...item, quantity: item.quantity + 1 } : item));
}

/** What asks for the next page, where there is one. */
function pageBehind({ asked, answer }: Try): Asked | undefined {
  const cursor = answer?.status === 200 ? answer.body['next'] : undefined;
  if (typeof cursor !== 'string' || answer === undefined) return undefined;
  const behind = entriesOf(asked.route, answer.body).at(-1) ?? asked.behind;
  return {
    ...asked,
    query: { ...asked.query, cursor },
    ...(behind !== undefined && { behind }),
  };
}

const importedId = (operation: number, place: number): number => 1_000_000 + 10 * operation + place;

/** Every price is given once, so that it tells which change it came of. */
const priceOf = (operation: number): number => 10_000 + 10 * operation;

function changeOf(random: RandomChoice, operation: number): Record<string, unknown> {
  const changes = {
    price: priceOf(operation),
    title: `Timely title ${operation}`,
    topic: random.oneOf(topics),
    isbn: random.oneOf([...isbns, null]),
    year: random.oneOf([1999, 2026, null]),
  };
  const first = random.oneOf(['price', 'price', 'title', 'topic', 'isbn', 'year'] as const);
  const isOne = random.number() < 0.7;
  return isOne ? { [first]: changes[first] } : changes;
}

const orderIdIn = (body: Readonly<Record<string, unknown>> | undefined): string | undefined => {
  const id = body?.['orderId'] ?? body?.['id'];
  return typeof id === 'string' ? id : undefined;
};
