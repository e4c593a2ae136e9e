/**
 * A store in memory behind the same HTTP API, as the commands see it. It can be told to misbehave,
 * which a real store can't.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';

export interface FakeBook {
  id: number;
  title: string;
  authors: string[];
  topic: string;
  price: number;
  stock: number;
  isbn?: string;
  year?: number;
  language?: string;
  description?: string;
}

interface FakeItem {
  bookId: number;
  quantity: number;
}

interface FakeOrder {
  id: string;
  items: FakeItem[];
  createdAt: string;
  status: string;
}

/** A fault of one request: lost before or after it was carried out, never answered, or answered otherwise. */
export type Fault =
  | 'lost-request'
  | 'lost-answer'
  | 'no-answer'
  | { status: number; retryAfter?: string };

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly body: unknown;
}

export interface FakeStore {
  readonly url: string;
  readonly token: string;
  readonly books: Map<number, FakeBook>;
  readonly orders: FakeOrder[];
  readonly requests: SeenRequest[];
  /** Decides for each request whether it meets a fault. */
  fault: (request: SeenRequest) => Fault | undefined;
  /** What an import answers for a book that it does not take for now; nothing where it takes it. */
  unanswered: (bookId: number) => 'busy' | 'unknown' | undefined;
  /** Copies that disappear, or are sold without being taken, with each purchase. */
  miscount: number;
  /** Keeps purchases out of the order log. */
  losesOrders: boolean;
  close(): Promise<void>;
}

type Reply = readonly [status: number, body: unknown, headers?: Record<string, string>];

const regions = ['us-east-1', 'eu-west-1'];

export async function startFakeStore(books: readonly FakeBook[] = []): Promise<FakeStore> {
  const stored = new Map(books.map((book) => [book.id, { ...book }]));
  const orders: FakeOrder[] = [];
  const ordersByKey = new Map<string, FakeOrder>();
  const created = new Set<string>();
  const requests: SeenRequest[] = [];

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const store: FakeStore = {
    url: `http://127.0.0.1:${port}`,
    token: 'fake-token',
    books: stored,
    orders,
    requests,
    fault: () => undefined,
    unanswered: () => undefined,
    miscount: 0,
    losesOrders: false,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const header = request.headers['idempotency-key'];
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      key: typeof header === 'string' ? header : undefined,
      body: text === '' ? undefined : JSON.parse(text),
    };
    requests.push(seen);
    const fault = store.fault(seen);
    if (fault === 'lost-request') return void request.socket.destroy();
    if (fault === 'no-answer') return;
    if (typeof fault === 'object') {
      const headers = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
      return send(response, [fault.status, { detail: 'a fault' }, headers]);
    }
    const reply = route(seen, request.headers.authorization === `Bearer ${store.token}`);
    if (fault === 'lost-answer') return void request.socket.destroy();
    return send(response, reply);
  }

  function route(
    { method, path, key = crypto.randomUUID(), body }: SeenRequest,
    isAdmin: boolean,
  ): Reply {
    const url = new URL(path, store.url);
    const [first, second, third] = url.pathname.split('/').slice(1);
    const offset = Number(url.searchParams.get('cursor') ?? 0);
    const limit = Number(url.searchParams.get('limit') ?? 20);
    const adminOnly = (reply: () => Reply): Reply =>
      isAdmin ? reply() : [401, { title: 'The admin token is missing or wrong' }];

    switch (`${method} ${first}${third === undefined ? '' : `/${third}`}`) {
      case 'GET health':
        return [200, { status: 'ok' }];
      case 'GET topics': {
        const topics = [...new Set([...stored.values()].map(({ topic }) => topic))].sort();
        return [200, page('topics', topics, offset, limit)];
      }
      case 'GET search': {
        const topic = second === undefined ? undefined : decodeURIComponent(second);
        const found = [...stored.values()].filter((book) => (topic ?? book.topic) === book.topic);
        return [200, page('books', found.map(shown), offset, limit), { 'x-cache': 'hit' }];
      }
      case 'GET books':
        return [200, page('books', [...stored.values()].map(shown), offset, limit)];
      case 'GET info': {
        const book = stored.get(Number(second));
        return book ? [200, shown(book), { 'x-cache': 'miss' }] : [404, { title: 'No such book' }];
      }
      case 'GET orders':
        return adminOnly(() => [200, page('orders', [...orders].reverse(), offset, limit)]);
      case 'GET books/replicas':
        return adminOnly(() => [200, { replicas: replicasOf(stored.get(Number(second))) }]);
      case 'POST books':
        return adminOnly(() =>
          second === 'import'
            ? importAll((body as { books: FakeBook[] }).books)
            : create(body as FakeBook, key),
        );
      case 'POST books/restock':
        return adminOnly(() => restock(Number(second), body as { quantity: number }));
      case 'PATCH books':
        return adminOnly(() => change(Number(second), body as Partial<FakeBook>));
      case 'POST buy':
        return placeOrder([{ bookId: Number(second), ...(body as { quantity: number }) }], key);
      case 'POST orders':
        return placeOrder((body as { items: FakeItem[] }).items, key);
      default:
        return [404, { title: 'No such route' }];
    }
  }

  function create(book: FakeBook, key: string): Reply {
    if (created.has(key)) return [201, shown(book)];
    if (stored.has(book.id)) return [409, { title: 'The book exists already' }];
    created.add(key);
    stored.set(book.id, { ...book });
    return [201, shown(book)];
  }

  function importAll(sent: readonly FakeBook[]): Reply {
    const results = sent.map((book) => {
      const unanswered = store.unanswered(book.id);
      if (unanswered !== undefined) return { id: book.id, outcome: unanswered };
      const known = stored.get(book.id);
      const imported = { ...book, stock: known?.stock ?? book.stock };
      stored.set(book.id, imported);
      const isSame = isDeepStrictEqual(imported, known);
      return { id: book.id, outcome: known ? (isSame ? 'unchanged' : 'changed') : 'created' };
    });
    return [200, { results }];
  }

  function change(id: number, changes: Partial<FakeBook>): Reply {
    const book = stored.get(id);
    if (book === undefined) return [404, { title: 'No such book' }];
    Object.assign(book, changes);
    return [200, shown(book)];
  }

  function restock(id: number, { quantity }: { quantity: number }): Reply {
    const book = stored.get(id);
    if (book === undefined) return [404, { title: 'No such book' }];
    book.stock += quantity;
    return [200, shown(book)];
  }

  function placeOrder(wanted: readonly FakeItem[], key: string): Reply {
    const earlier = ordersByKey.get(key);
    if (earlier) return [200, earlier];
    if (!wanted.every(({ bookId }) => stored.has(bookId))) return [404, { title: 'No such book' }];
    const sold = wanted.map((item) => ({ ...item, book: stored.get(item.bookId) as FakeBook }));
    if (sold.some(({ book, quantity }) => book.stock < quantity)) {
      return [409, { title: 'Too few copies are left' }];
    }
    const items = sold.map(({ bookId, quantity, book }) => {
      book.stock -= quantity - store.miscount;
      const { title, price: unitPrice } = book;
      return { bookId, title, quantity, unitPrice, total: quantity * unitPrice };
    });
    const order = {
      id: crypto.randomUUID(),
      items,
      total: items.reduce((sum, { total }) => sum + total, 0),
      currency: 'USD',
      region: 'us-east-1',
      createdAt: new Date().toISOString(),
      status: 'placed',
    };
    ordersByKey.set(key, order);
    if (!store.losesOrders) orders.push(order);
    return [201, order];
  }

  return store;
}

const shown = (book: FakeBook) => ({ ...book, isListed: true, currency: 'USD' });

function page(name: string, items: readonly unknown[], offset: number, limit: number) {
  const end = offset + limit;
  return {
    [name]: items.slice(offset, end),
    ...(end < items.length ? { next: String(end) } : {}),
  };
}

function replicasOf(book: FakeBook | undefined) {
  return regions.map((region, index) => {
    const report = { region, site: `${region}#1`, reachable: true };
    if (book === undefined) return report;
    const rights = index === 0 ? Math.ceil(book.stock / 2) : Math.floor(book.stock / 2);
    return { ...report, stock: book.stock, rights };
  });
}

function send(response: ServerResponse, [status, body, headers = {}]: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
