/** The control room, pressed as its administrator does: what it shows, what it changes, and the lab to its end. */
import { expect, test } from '@jest/globals';
import type { BrowserContextOptions, Page, Request } from 'playwright-core';
import { eventually } from '../../tools/eventually.js';
import { statusSchema } from '../../lib/http/schemas.js';
import { buyAt, configOf } from '../chaos/support/tables.js';
import { as, asOrder, freshKey, type Order } from '../http/support/client.js';
import { island } from '../support/books/islands.js';
import { faultsFound } from './support/axe.js';
import { shopForTests } from './support/shop.js';

const [here, there] = ['us-east-1', 'eu-west-1'] as const;
const shop = shopForTests();

/** Past the proxy: the lab answers to the pages of the store itself. */
const address = (query = ''): string => `${shop().store.url}/control${query}`;

async function newBook(stock = 10): Promise<number> {
  const { id } = await shop().createBook({ stock });
  await eventually(async () => {
    for (const replica of await shop().client.replicas(id)) expect(replica.stock).toBe(stock);
  });
  return id;
}

/** The room, with a book chosen. */
async function enter(bookId = 1, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await shop().customer(options)).newPage();
  await page.goto(address(`?book=${bookId}`));
  await page.getByLabel('Admin token').fill(shop().store.adminToken);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('All regions answer').waitFor();
  return page;
}

/** A row of the table of a book's copies, as its figures. */
const figuresOf = async (page: Page, region: string): Promise<(string | null)[]> =>
  page
    .getByRole('region', { name: 'A book’s copies' })
    .getByRole('row', { name: region })
    .getByRole('cell')
    .allTextContents();

const form = (page: Page, name: string) => page.getByRole('form', { name, exact: true });

test('asks for the token, which stands in no address and is gone when the tab is closed', async () => {
  const page = await (await shop().customer()).newPage();
  const requests: Request[] = [];
  page.on('request', (request) => requests.push(request));
  await page.goto(address());
  expect(await page.getByRole('heading', { name: 'Regions' }).count()).toBe(0);

  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('Give the admin token.').waitFor();
  await page.getByLabel('Admin token').fill('not-the-token');
  await page.keyboard.press('Enter');
  await page.getByText('The store refuses this token.').waitFor();
  await page.getByLabel('Admin token').fill(shop().store.adminToken);
  await page.keyboard.press('Enter');
  await page.getByText('All regions answer').waitFor();

  // It outlives a reload, and nothing else.
  await page.reload();
  await page.getByText('All regions answer').waitFor();
  const asked = [page.url(), ...requests.map((request) => request.url())];
  expect(asked.filter((one) => one.includes(shop().store.adminToken))).toEqual([]);
  expect(requests.some((request) => request.headers()['authorization'] !== undefined)).toBe(true);
  const kept = 'JSON.stringify({ ...localStorage }) + document.cookie';
  expect(await page.evaluate(kept)).not.toContain(shop().store.adminToken);

  const context = page.context();
  await page.close();
  const another = await context.newPage();
  await another.goto(address());
  await another.getByLabel('Admin token').waitFor();
  await another.getByLabel('Admin token').fill(shop().store.adminToken);
  await another.keyboard.press('Enter');
  await another.getByRole('button', { name: 'Leave' }).click();
  await another.getByLabel('Admin token').waitFor();
  expect(await another.evaluate('sessionStorage.length')).toBe(0);
});

test('shows regions, replication and queues, and says what each word means', async () => {
  const page = await enter();
  for (const region of [here, there]) {
    await page.getByRole('article', { name: region }).getByText('answers').waitFor();
    await page.getByRole('row', { name: `${region} 0 0 0 0 0` }).waitFor();
  }
  await page.getByRole('group', { name: `Replication from ${here} to ${there}` }).waitFor();
  const word = page.getByRole('article', { name: here }).getByRole('button', { name: 'may sell' });
  await word.focus();
  await page.getByText('on its own authority, asking nobody').first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('on its own authority, asking nobody').first().waitFor({ state: 'hidden' });
});

test('follows a sale: the figures move, and dots travel, but not where motion is not wanted', async () => {
  const id = await newBook();
  const [page, still] = [await enter(id, { reducedMotion: 'no-preference' }), await enter(id)];
  await page.evaluate(countDots);
  await eventually(async () => expect((await figuresOf(page, here))[4]).toBe('10'));
  await shop().client.buy(id, { quantity: 3 }, freshKey());
  await eventually(async () => {
    for (const region of [here, there]) expect((await figuresOf(page, region))[4]).toBe('7');
  });
  await page.getByText('The regions agree.', { exact: true }).waitFor();
  await eventually(async () => expect(await page.evaluate('dots')).toBeGreaterThan(0));
  await eventually(async () => expect((await figuresOf(still, there))[4]).toBe('7'));
  expect(await still.locator('.dot').count()).toBe(0);
});

/** Of the page: how many dots were ever on it, in a variable of its own. */
const countDots = `
  globalThis.dots = 0;
  new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
    dots += added.filter((node) => node.classList?.contains('dot')).length;
  }).observe(document.body, { childList: true, subtree: true });
`;

test('asks nothing while nobody sees it', async () => {
  const page = await enter();
  let asked = 0;
  page.on('request', () => (asked += 1));
  const turn = (isHidden: boolean) =>
    page.evaluate(`
      Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
  await eventually(() => expect(asked).toBeGreaterThan(0));
  await turn(true);
  await page.waitForLoadState('networkidle');
  asked = 0;
  // Several times as long as it would have waited.
  await page.waitForTimeout(6_000);
  expect(asked).toBe(0);
  await turn(false);
  await eventually(() => expect(asked).toBeGreaterThan(0));
});

test('finds a book, restocks it, writes copies off, prices it, takes it off sale and puts it back', async () => {
  const id = await newBook();
  const page = await enter();
  const search = page.getByRole('search');
  await search.getByRole('searchbox').fill(String(id));
  await search.getByRole('button', { name: 'Find' }).click();
  const panel = page.getByRole('region', { name: 'A book’s copies' });
  await panel.getByRole('heading', { name: `Book ${id}` }).waitFor();
  expect(new URL(page.url()).searchParams.get('book')).toBe(String(id));

  await form(page, 'Restock').getByLabel('Copies').fill('none');
  await form(page, 'Restock').getByRole('button').click();
  await panel.getByText('Give a whole number of at least 1.').waitFor();
  await form(page, 'Restock').getByLabel('Copies').fill('6');
  await form(page, 'Restock').getByRole('button').dblclick();
  await panel.getByText('Restocked: 6.').waitFor();
  await form(page, 'Write off').getByLabel('Copies').fill('4');
  await form(page, 'Write off').getByLabel('Reason (if you like)').fill('Water');
  await form(page, 'Write off').getByRole('button').click();
  await panel.getByText('Written off: 4.').waitFor();
  await eventually(async () => {
    const replicas = await shop().client.replicas(id);
    for (const { stock } of replicas) expect(stock).toBe(12);
    expect(replicas.reduce((sum, { writtenOff = 0 }) => sum + writtenOff, 0)).toBe(4);
  });
  await form(page, 'Write off').getByLabel('Copies').fill('400');
  await form(page, 'Write off').getByRole('button').click();
  await panel.locator('.is-failed').waitFor();

  await form(page, 'Set price').getByLabel('Price (USD)').fill('a lot');
  await form(page, 'Set price').getByRole('button').click();
  await panel.getByText('Give an amount such as 12.50.').waitFor();
  await form(page, 'Set price').getByLabel('Price (USD)').fill('17.5');
  await form(page, 'Set price').getByRole('button').click();
  await panel.getByText('The price is $17.50.').waitFor();

  await panel.getByRole('button', { name: 'Take off sale' }).click();
  await panel.getByText('It is off sale.').waitFor();
  expect((await shop().client.buy(id, {}, freshKey())).status).toBe(409);
  await panel.getByRole('button', { name: 'Put on sale' }).click();
  await panel.getByText('It is on sale.').waitFor();
  expect((await shop().client.buy(id, {}, freshKey())).status).toBe(201);
});

test('creates a book', async () => {
  const page = await enter();
  const panel = page.getByRole('region', { name: 'Create a book' });
  const fill = (label: string, text: string) => panel.getByLabel(label).fill(text);
  await panel.getByRole('button', { name: 'Create' }).click();
  await panel.getByText('Number: Give a whole number.').waitFor();
  await fill('Number', '661001');
  await fill('Title', 'كتاب عن البحر');
  await fill('Authors', 'One Author\nAnother Author');
  await fill('Topic', 'Seas');
  await fill('Price in USD', '9.99');
  await fill('First copies', '7');
  await panel.getByRole('button', { name: 'Create' }).click();
  await panel.getByText('“كتاب عن البحر” is in the catalogue.').waitFor();
  expect((await shop().client.send('/info/661001')).body).toMatchObject({
    authors: ['One Author', 'Another Author'],
    price: 999,
    stock: 7,
  });
  await page.getByRole('heading', { name: 'كتاب عن البحر' }).waitFor();
});

test('imports a CSV, and shows its progress and the rows that were refused', async () => {
  const page = await enter();
  const panel = page.getByRole('region', { name: 'Import a CSV' });
  const rows = Array.from({ length: 250 }, (_, row) =>
    [662_000 + row, `Imported ${row}`, 'A. Author', 'Imports', 100 + row, 2].join(','),
  );
  rows[10] = '662010,,A. Author,Imports,1,1';
  rows[120] = `662120,Long,A. Author,${'t'.repeat(101)},1,1`;
  const csv = ['id,title,authors,topic,price,stock', ...rows].join('\n');
  const file = { name: 'books.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) };
  await panel.getByLabel('CSV file').setInputFiles(file);
  await panel.getByRole('button', { name: 'Import' }).click();
  await panel
    .getByText('250 of 250 rows: 248 created, 0 changed, 0 as they were, 2 refused')
    .waitFor({ timeout: 60_000 });
  expect(await panel.getByRole('progressbar').getAttribute('value')).toBe('250');
  const refused = panel.getByRole('table', { name: 'Refused rows' });
  await refused.getByRole('row', { name: '12 title is empty' }).waitFor();
  await refused.getByRole('row', { name: /^122 topic / }).waitFor();
  expect((await shop().client.send('/info/662249')).body).toMatchObject({ price: 349, stock: 2 });

  await panel.getByLabel('CSV file').setInputFiles({
    ...file,
    buffer: Buffer.from('title,price\nX,1'),
  });
  await panel.getByRole('button', { name: 'Import' }).click();
  await panel.getByText('The file has no column id, authors, topic, stock').waitFor();
});

test('shows orders, disputes first, and cancels one after a question', async () => {
  const [id, other] = [await newBook(), await newBook()];
  const key = freshKey();
  const config = configOf(shop().store);
  for (const [region, quantity] of [
    [here, 1],
    [there, 2],
  ] as const) {
    const outcome = await buyAt(island(config, region), shop().store, {
      key,
      items: [{ bookId: id, quantity }],
    });
    expect(outcome.kind).toBe('placed');
  }
  const order = asOrder(await shop().client.buy(other, { quantity: 2 }, freshKey()), 201);
  await eventually(async () => {
    const page = await shop().client.admin('/orders?limit=100');
    const { orders } = page.body as { orders: Order[] };
    expect(orders.filter(({ status }) => status === 'disputed')).toHaveLength(1);
  });

  const page = await enter(other);
  const panel = page.getByRole('region', { name: 'Orders' });
  await panel.getByRole('row').nth(1).getByText('disputed').waitFor();
  await panel.getByLabel('State').selectOption('disputed');
  expect(await panel.getByRole('row').count()).toBe(2);
  await panel.getByLabel('State').selectOption('');
  await panel.getByLabel('only the chosen book').check();
  expect(await panel.getByRole('row').count()).toBe(2);

  const name = `Cancel order ${order.id.slice(0, 8)}`;
  await panel.getByRole('button', { name }).click();
  await panel.getByText('Cancel this order, and give its copies back?').waitFor();
  await page.keyboard.press('Escape');
  expect((await shop().client.send(`/orders/${order.id}`)).body).toMatchObject({
    status: 'placed',
  });
  await panel.getByRole('button', { name }).click();
  await panel.getByRole('button', { name: 'Yes, cancel it' }).click();
  await panel.getByText('is cancelled, and its copies are for sale again').waitFor();
  expect((await shop().client.send(`/orders/${order.id}`)).body).toMatchObject({
    status: 'cancelled',
  });
  await eventually(async () => expect((await figuresOf(page, here))[4]).toBe('10'));
});

test('G1: tries to make it oversell, with a region killed and another hung, to its end', async () => {
  const page = await enter();
  const panel = page.getByRole('region', { name: 'Try to make it oversell' });
  const figure = (label: string) =>
    panel
      .locator('.figures > div')
      .filter({ has: page.getByRole('button', { name: label, exact: true }) })
      .locator('dd')
      .textContent();
  const press = (region: string, choice: string) =>
    page.getByRole('article', { name: region }).getByLabel(choice, { exact: true }).check({
      force: true,
    });

  await panel.getByRole('button', { name: 'Send 200 buyers at 20 copies' }).click();
  await eventually(async () => expect(Number(await figure('sold'))).toBeGreaterThan(0));
  await press(there, 'killed');
  await press(here, 'hung');
  for (const region of [here, there]) {
    await page.getByRole('article', { name: region }).getByText('does not answer').waitFor();
  }
  await eventually(async () => {
    expect(await panel.getByText('200 of 200 buyers came').count()).toBe(1);
    expect(Number(await figure('unanswered'))).toBeGreaterThan(0);
    expect(Number(await figure('sold'))).toBeLessThanOrEqual(20);
    expect(await figure('left')).toBe('?');
  });
  await panel.getByText('Heal it.').waitFor();

  await panel.getByRole('button', { name: 'Heal everything' }).click();
  await panel.getByText('It holds.').waitFor({ timeout: 120_000 });
  const [sold, left] = [Number(await figure('sold')), Number(await figure('left'))];
  expect(sold + left).toBe(20);
  expect(Number(await figure('refused'))).toBe(200 - sold);
  await panel.getByText(`${sold} + ${left} = 20`).waitFor();
  await panel.getByText('Last writer wins').waitFor();
  const { lab } = as(statusSchema, await shop().client.admin('/status'));
  const state = await fetch(lab as string, {
    headers: { authorization: `Bearer ${shop().store.adminToken}` },
  });
  expect(await state.json()).toMatchObject({ run: { equation: 'holds', contradictions: [] } });
  // The regions have met: the page shows it of the same book.
  await page.getByText('The regions agree.', { exact: true }).waitFor();
  for (const region of [here, there]) {
    expect((await figuresOf(page, region))[4]).toBe(String(left));
  }
});

test.each(['light', 'dark'] as const)(
  'has nothing that axe objects to, %s',
  async (colorScheme) => {
    const entry = await (await shop().customer({ colorScheme })).newPage();
    await entry.goto(address());
    await entry.getByLabel('Admin token').waitFor();
    expect(await faultsFound(entry)).toEqual([]);
    const page = await enter(1, { colorScheme });
    await page.getByText('The regions agree.', { exact: true }).waitFor();
    expect(await faultsFound(page)).toEqual([]);
    // While something is broken, too.
    const place = page.getByRole('article', { name: there });
    await place.getByLabel('killed').check({ force: true });
    await place.getByText('does not answer').waitFor();
    expect(await faultsFound(page)).toEqual([]);
    await page.getByRole('button', { name: 'Heal everything' }).click();
    await page.getByText('All regions answer').waitFor();
  },
);

test.each([320, 390, 768, 1440, 2560])('fits a window of %i pixels', async (width) => {
  const page = await enter(1, { viewport: { width, height: 800 } });
  await page.getByText('The regions agree.', { exact: true }).waitFor();
  const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
});
