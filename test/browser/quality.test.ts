/** What every page of the shop has to be: open to everybody, steady, small, at any width. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Page, Request } from 'playwright-core';
import { asOrder } from '../http/support/client.js';
import { faultsFound } from './support/axe.js';
import { shopForTests } from './support/shop.js';

const shop = shopForTests();

/** Titles in both directions, of one letter and of many. */
const titles = [
  'الأيام',
  '吾輩は猫である',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'It',
];

let places: readonly string[];

beforeAll(async () => {
  const books = [];
  for (const title of titles) books.push(await shop().createBook({ title, stock: 3 }));
  const [first, second] = books.map(({ id }) => id);
  const soldOut = await shop().createBook({ stock: 0 });
  const order = asOrder(await shop().client.buy(first ?? 0), 201);
  places = [
    '/',
    '/?q=book',
    '/?q=nothinglikethat',
    `/book/${second}`,
    `/book/${soldOut.id}`,
    '/book/999999999999999',
    '/basket',
    `/order/${order.id}`,
    '/order/none',
    '/my-orders',
    '/no/such/page',
  ];
});

/** Until the page has all that it asked for. */
const settled = (page: Page) => page.waitForLoadState('networkidle');

describe.each(['light', 'dark'] as const)('axe finds nothing in the %s theme', (colorScheme) => {
  test('on any page', async () => {
    const page = await (await shop().customer({ colorScheme })).newPage();
    for (const place of places) {
      await page.goto(shop().addressOf(place));
      await settled(page);
      expect({ place, violations: await faultsFound(page) }).toEqual({ place, violations: [] });
    }
  });

  test('on a full basket, a changed one, and the question before cancelling', async () => {
    const { id, price } = await shop().createBook({ stock: 5, title: 'الأيام' });
    const page = await shop().visit(`/book/${id}`, { colorScheme });
    await page.getByRole('button', { name: 'Add to basket' }).click();
    await page.getByText(/in your basket/).waitFor();
    expect(await faultsFound(page)).toEqual([]);
    await shop().client.admin(`/books/${id}`, { method: 'PATCH', body: { price: price + 1 } });
    await page.goto(shop().addressOf('/basket'));
    await page.getByRole('button', { name: /Take it for/ }).waitFor();
    expect(await faultsFound(page)).toEqual([]);
    await page.getByRole('button', { name: /Take it for/ }).click();
    expect(await faultsFound(page)).toEqual([]);
    await page.getByRole('button', { name: 'Place the order' }).click();
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await faultsFound(page)).toEqual([]);
    await page.context().close();
  });
});

test('nothing is to be scrolled to sideways, from the narrowest window to the widest', async () => {
  const page = await (await shop().customer()).newPage();
  for (const place of places) {
    await page.goto(shop().addressOf(place));
    await settled(page);
    for (const width of [320, 390, 640, 800, 1280, 2560]) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect({ place, width, isWithin: overflow <= 0 }).toEqual({ place, width, isWithin: true });
    }
  }
});

describe('the first page', () => {
  test('takes few requests, and a script of 60 kB at most, compressed', async () => {
    const page = await (await shop().customer()).newPage();
    const finished: Request[] = [];
    page.on('requestfinished', (request) => {
      finished.push(request);
    });
    await page.goto(shop().addressOf('/'));
    await page.getByRole('listitem').first().waitFor();
    await page.waitForTimeout(500);
    const sizes = await Promise.all(
      finished.map(async (request) => ({
        type: request.resourceType(),
        bytes: (await request.sizes()).responseBodySize,
        url: request.url(),
      })),
    );
    const bytesOf = (type: string) =>
      sizes.filter((each) => each.type === type).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(bytesOf('script')).toBeGreaterThan(1000);
    expect(bytesOf('script')).toBeLessThan(60_000);
    expect(bytesOf('stylesheet')).toBeLessThan(10_000);
    expect(sizes.length).toBeLessThanOrEqual(12);
    expect(sizes.filter(({ url }) => !url.startsWith(shop().proxy.url))).toEqual([]);
    expect(sizes.filter(({ url }) => url.includes('control'))).toEqual([]);
  });

  test('does not move when what it shows arrives', async () => {
    for (const place of places.slice(0, 4)) {
      const page = await (await shop().customer()).newPage();
      await page.addInitScript(() => {
        const shifts = { sum: 0 };
        Object.assign(globalThis, { shifts });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            shifts.sum += (entry as never as { value: number }).value;
          }
        }).observe({ type: 'layout-shift', buffered: true });
      });
      await page.goto(shop().addressOf(place));
      await settled(page);
      const sum = await page.evaluate(
        () => (globalThis as never as { shifts: { sum: number } }).shifts.sum,
      );
      expect({ place, isSteady: sum < 0.02, sum }).toEqual({ place, isSteady: true, sum });
    }
  });

  test('is where it was left when one comes back', async () => {
    for (let count = 0; count < 30; count += 1) await shop().createBook({ topic: 'Long list' });
    const page = await shop().visit('/?topic=long+list', { viewport: { width: 800, height: 500 } });
    const last = page
      .getByRole('main')
      .getByRole('listitem')
      .filter({ hasText: 'A. Author' })
      .nth(20);
    await last.scrollIntoViewIfNeeded();
    const before = await page.evaluate(() => scrollY);
    expect(before).toBeGreaterThan(300);
    await last.getByRole('link').click();
    await page.getByRole('button', { name: 'Buy now' }).waitFor();
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.goBack();
    await last.waitFor();
    expect(Math.abs((await page.evaluate(() => scrollY)) - before)).toBeLessThan(5);
  });
});
