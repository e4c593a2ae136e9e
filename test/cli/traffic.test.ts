import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bundled, runBundled, startCommand } from './support/command-line.js';
import { startFakeStore, type FakeStore } from './support/fake-store.js';

const catalogue = Array.from({ length: 30 }, (_, at) => ({
  id: at + 1,
  title: `Book ${at + 1}`,
  authors: ['x'],
  topic: at % 2 === 0 ? 'even days' : 'odd days',
  price: 100,
  stock: 40,
}));

let store: FakeStore;
beforeEach(async () => {
  store = await startFakeStore(catalogue);
});
afterEach(() => store.close());

const args = (...more: string[]) => {
  const usual = `--clients 4 --seconds 1 --seed 7 --url ${store.url} --token ${store.token}`;
  return [...usual.split(' '), ...more];
};
const traffic = (...more: string[]) => runBundled('cli/traffic.ts', args(...more));

const sold = () =>
  store.orders.flatMap(({ items }) => items).reduce((sum, { quantity }) => sum + quantity, 0);
const isPurchase = (path: string) => path.startsWith('/buy') || path === '/orders';
const left = () => [...store.books.values()].reduce((sum, { stock }) => sum + stock, 0);

test('buys until the books are sold out, prints its figures, and finds the stock right', async () => {
  const result = await traffic('--seconds', '2');

  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.stdout).toContain(`4 clients for 2 s at ${store.url}, seed 7`);
  expect(result.stdout).toMatch(/^operation +requests +per s +errors +cache hits +p50 ms/m);
  expect(result.stdout).toMatch(/^search +[\d,]+ +[\d.]+ +0 +100\.0% +\d/m);
  expect(result.stdout).toMatch(/^info +[\d,]+ +[\d.]+ +0 +0\.0% +\d/m);
  expect(result.stdout).toMatch(/^buy +[\d,]+ +[\d.]+ +0 +- +\d/m);
  expect(result.stdout).toMatch(/^order +[\d,]+ +[\d.]+ +0 +- +\d/m);
  expect(result.stdout).toContain('stock check: copies sold + copies left = copies stocked');
  expect(result.stdout).toContain(`20 books: 800 copies stocked, ${sold()} sold`);
  expect(sold() + left()).toBe(1200);
});

test('repeats purchases of unknown outcome with their keys', async () => {
  let buys = 0;
  store.fault = ({ path }) => {
    if (!isPurchase(path)) return undefined;
    buys += 1;
    if (buys % 5 === 0) return 'lost-answer';
    return buys % 7 === 0 ? { status: 503, retryAfter: '0' } : undefined;
  };

  const result = await traffic();

  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.stdout).toMatch(/^buy +[\d,]+ +[\d.]+ +[1-9]/m);
  expect(sold() + left()).toBe(1200);
});

test('finds a store that sells a copy twice', async () => {
  store.miscount = 1;

  const result = await traffic('--wait', '1');

  expect(result.exitCode).toBe(1);
  expect(result.stdout).toMatch(/^book \d+: 40 stocked, \d+ sold, left: \d+ in us-east-1/m);
  expect(result.stdout).toContain('stock check: FAILED');
});

test('finds a store that loses an order', async () => {
  store.fault = ({ path }) => {
    store.losesOrders = isPurchase(path) && store.orders.length === 3;
    return undefined;
  };

  const result = await traffic('--wait', '1');

  expect(result.exitCode).toBe(1);
  expect(result.stdout).toMatch(/^order \S+ was answered and is not in the log$/m);
});

describe('while others buy', () => {
  /** Somebody else buys a copy of each book that one of the shoppers buys. */
  beforeEach(() => {
    store.fault = ({ path, key }) => {
      if (path.startsWith('/buy') && !key?.startsWith('other')) {
        const headers = { 'idempotency-key': `other-${crypto.randomUUID()}` };
        void fetch(store.url + path, { method: 'POST', headers, body: '{"quantity":1}' });
      }
      return undefined;
    };
  });

  test('their copies are counted and not taken for its own', async () => {
    const result = await traffic();

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(/^others bought at the same time: \d+ of the copies sold/m);
    expect(result.stdout).toContain('stock check: copies sold + copies left = copies stocked');
  });

  test('a difference that they may explain is no failure', async () => {
    store.miscount = 1;

    const result = await traffic('--wait', '1');

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('stock check: undecided');
  });
});

test('Ctrl-C ends the traffic early, and the stock is checked all the same', async () => {
  const command = startCommand(await bundled('cli/traffic.ts'), args('--seconds', '600'));
  let isInterrupted = false;
  store.fault = () => {
    // Once: a second Ctrl-C ends it without the check.
    if (store.orders.length >= 20 && !isInterrupted) {
      isInterrupted = true;
      command.child.kill('SIGINT');
    }
    return undefined;
  };

  const result = await command.result;

  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.stdout).toContain('stock check: copies sold + copies left = copies stocked');
});

test.each([
  [['--clients', '0'], "error: option '--clients <N>'"],
  [['--seconds', 'long'], "error: option '--seconds <N>'"],
  [['--url', 'http://127.0.0.1:9'], 'error: http://127.0.0.1:9 does not answer'],
  [['--token', 'wrong'], 'error: the store refuses the admin token'],
])('ends in one line where it cannot work: %j', async (more, message) => {
  const result = await traffic(...more);

  expect(result.exitCode).toBe(1);
  expect(result.stderr).toMatch(/^error: .*\n$/);
  expect(result.stderr).toContain(message);
});

test('says that there is nothing to buy', async () => {
  store.books.clear();

  const result = await traffic();

  expect(result).toMatchObject({
    exitCode: 1,
    stderr: 'error: the catalogue is empty: import one first\n',
  });
});
