/** A store, the proxy in front of it, and a browser: customers come and go. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromium } from '../../../tools/chromium.js';
import { startStore, type RunningStore } from '../../../local/store-process.js';
import { clientOf, type Book, type Client, type NewBook } from '../../http/support/client.js';
import { freshIds } from '../../http/support/store-under-test.js';
import { startProxy, type Proxy } from './proxy.js';

export interface Shop {
  readonly store: RunningStore;
  readonly client: Client;
  readonly proxy: Proxy;
  readonly browser: Browser;
  createBook(book?: Partial<NewBook>): Promise<Book>;
  /** A customer's browser, with a storage of its own. */
  customer(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A page of a new customer. */
  visit(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** The full address of a page, by way of the proxy. */
  addressOf(path: string): string;
  /** Copies of a book that were sold, by what the regions themselves say. */
  soldOf(bookId: number): Promise<number>;
}

/**
 * Opens a shop for the tests of a file, and closes it after them. Whatever a page complains of there
 * makes a test red: exceptions, and what its policy refused.
 */
export function shopForTests(): () => Shop {
  let shop: Shop | undefined;
  const complaints: string[] = [];

  beforeAll(async () => {
    const [store, browser] = await Promise.all([startStore(), launchChromium()]);
    const client = clientOf(store);
    const proxy = await startProxy(store.url);
    const nextId = freshIds();
    const addressOf = (path: string) => proxy.url + path;
    const customer = async (options: BrowserContextOptions = {}) => {
      const context = await browser.newContext({
        locale: 'en-US',
        timezoneId: 'UTC',
        viewport: { width: 1280, height: 900 },
        reducedMotion: 'reduce',
        ...options,
      });
      context.on('weberror', (error) => complaints.push(String(error.error().stack)));
      context.on('console', (message) => {
        const text = message.text();
        if (/Content Security Policy|TrustedHTML|TrustedScript/.test(text)) complaints.push(text);
      });
      return context;
    };
    shop = {
      store,
      client,
      proxy,
      browser,
      addressOf,
      customer,
      createBook: (book = {}) => client.createBook({ id: nextId(), ...book }),
      visit: async (path, options) => {
        const page = await (await customer(options)).newPage();
        await page.goto(addressOf(path));
        return page;
      },
      soldOf: async (bookId) =>
        (await client.replicas(bookId)).reduce((sum, { sold = 0 }) => sum + sold, 0),
    };
  });

  afterAll(async () => {
    await shop?.browser.close();
    await shop?.proxy.stop();
    await shop?.store.stop();
    expect(complaints).toEqual([]);
  });

  return () => shop as Shop;
}
