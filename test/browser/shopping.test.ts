/** Customers in a real browser: from the first page to the receipt, and whatever comes in between. */
import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../../tools/eventually.js';
import { freeze, killPart } from '../chaos/support/processes.js';
import { freshKey } from '../http/support/client.js';
import { shopForTests } from './support/shop.js';

const shop = shopForTests();

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const receipt = (page: Page) => page.getByRole('heading', { name: 'Receipt' });

async function putIntoBasket(page: Page, bookId: number): Promise<void> {
  await page.goto(shop().addressOf(`/book/${bookId}`));
  await button(page, 'Add to basket').click();
  await page.getByText(/in your basket/).waitFor();
}

/** A customer before the basket, with a copy of a new book in it. */
async function comeToBasket(book: { price?: number; stock: number } = { stock: 9 }) {
  // A region that hung is not asked for two seconds; until then, books that it is the home of wait.
  const { id: bookId } = await eventually(() => shop().createBook(book));
  const customer = await shop().customer();
  const page = await customer.newPage();
  await putIntoBasket(page, bookId);
  await page.goto(shop().addressOf('/basket'));
  return { bookId, customer, page };
}

/** Places the order of a basket; no answer comes back, until the proxy is told to lose none. */
async function loseAnswersAtCheckout(page: Page): Promise<void> {
  // Without an end: the browser itself sends once more what it sent over a connection that was kept.
  shop().proxy.loseAnswers('POST /orders', Infinity);
  await button(page, 'Place the order').click();
  await page.getByText(/you won’t be charged twice/).waitFor();
}

/** The number on the receipt that a page shows. */
async function orderIdOn(page: Page): Promise<string> {
  await receipt(page).waitFor();
  return decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
}

/** Books are found by their words a moment after they were made. */
const untilFound = (word: string, count: number): Promise<void> =>
  eventually(async () => {
    const { body } = await shop().client.send(`/search?q=${word}`);
    expect((body as { books: unknown[] }).books).toHaveLength(count);
  });

describe('a customer', () => {
  test('goes from the first page to the receipt, and finds the order again', async () => {
    const word = `zebra${Date.now()}`;
    const one = await shop().createBook({ title: `The ${word} of Rome`, price: 1250, stock: 20 });
    const other = await shop().createBook({ title: `Another ${word}`, price: 800, stock: 20 });
    await untilFound(word, 2);
    const page = await shop().visit('/');
    await page.getByRole('listitem').first().waitFor();

    await page.getByRole('searchbox').pressSequentially(word);
    await page.getByRole('link', { name: new RegExp(one.title) }).click();
    await page.getByRole('heading', { name: one.title }).waitFor();
    await page.getByLabel('Quantity').fill('2');
    await button(page, 'Add to basket').click();
    await page.goBack();
    await page.getByRole('link', { name: new RegExp(other.title) }).click();
    await button(page, 'Add to basket').click();

    await page.getByRole('link', { name: 'Basket 3 copies' }).click();
    await page.getByText('$33.00').waitFor();
    await button(page, 'Place the order').click();
    const id = await orderIdOn(page);
    const { body } = await shop().client.send(`/orders/${id}`);
    expect(body).toMatchObject({
      total: 3300,
      items: [
        { bookId: one.id, quantity: 2 },
        { bookId: other.id, quantity: 1 },
      ],
    });
    await page.getByRole('link', { name: 'Basket', exact: true }).click();
    await page.getByText('Your basket is empty.').waitFor();

    // The address is the receipt, in whichever browser.
    const elsewhere = await shop().visit(`/order/${id}`);
    await elsewhere.getByText('$33.00').waitFor();
    await page.getByRole('link', { name: 'My orders' }).click();
    await page.getByRole('link', { name: new RegExp(one.title) }).click();
    await receipt(page).waitFor();
  });

  test('cancels an order once the question was answered, and the copies come back', async () => {
    const { id: bookId } = await shop().createBook({ stock: 5 });
    const page = await shop().visit(`/book/${bookId}`);
    await button(page, 'Buy now').click();
    const id = await orderIdOn(page);
    await button(page, 'Cancel the order').click();
    await button(page, 'No, keep it').click();
    expect((await shop().client.send(`/orders/${id}`)).body).toMatchObject({ status: 'placed' });
    await button(page, 'Cancel the order').click();
    await button(page, 'Yes, cancel it').click();
    await page.getByText('The order is cancelled.').waitFor();
    expect((await shop().client.send(`/orders/${id}`)).body).toMatchObject({ status: 'cancelled' });
    expect((await shop().client.send(`/info/${bookId}`)).body).toMatchObject({ stock: 5 });
  });

  test('finds a book and buys it with the keyboard alone', async () => {
    const word = `keyboard${Date.now()}`;
    const { id } = await shop().createBook({ title: `Written on a ${word}`, stock: 3 });
    await untilFound(word, 1);
    const page = await shop().visit('/basket');
    const search = page.getByRole('searchbox');
    // The page may be there before it listens.
    await eventually(async () => {
      await page.keyboard.press('/');
      expect(await search.evaluate((element) => element === document.activeElement)).toBe(true);
    });
    await page.keyboard.type(word);
    await page.getByRole('link', { name: new RegExp(word) }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/book/${id}`);
    // The heading has the focus: what comes next is what one buys with.
    await page.getByRole('heading', { level: 1 }).waitFor();
    const buy = button(page, 'Buy now');
    for (let step = 0; step < 6; step += 1) {
      if (await buy.evaluate((element) => element === document.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await receipt(page).waitFor();
  });
});

describe('never two orders:', () => {
  test('where the answer is lost on its way', async () => {
    const { bookId, page } = await comeToBasket();
    await loseAnswersAtCheckout(page);
    shop().proxy.loseAnswers('POST /orders', 0);
    await receipt(page).waitFor();
    expect(await shop().soldOf(bookId)).toBe(1);
  });

  test('where the page is reloaded, and where its tab is closed, before the answer came', async () => {
    const { bookId, customer, page } = await comeToBasket();
    await loseAnswersAtCheckout(page);
    await page.reload();
    await page
      .getByText(/Placing your order|charged twice/)
      .first()
      .waitFor();
    await page.close();
    shop().proxy.loseAnswers('POST /orders', 0);
    const next = await customer.newPage();
    await next.goto(shop().addressOf('/basket'));
    await receipt(next).waitFor();
    expect(await shop().soldOf(bookId)).toBe(1);
  });

  test('where the buyer comes back on another day, and is asked first', async () => {
    const { bookId, customer, page } = await comeToBasket();
    await loseAnswersAtCheckout(page);
    await page.close();
    shop().proxy.loseAnswers('POST /orders', 0);

    await customer.addInitScript(() => {
      if (location.protocol !== 'http:') return;
      const key = Object.keys(localStorage).find((name) => name.endsWith(':purchase')) ?? '';
      const purchase = JSON.parse(localStorage.getItem(key) ?? 'null') as object | null;
      const begunAt = new Date(Date.now() - 86_400_000).toISOString();
      if (purchase) localStorage.setItem(key, JSON.stringify({ ...purchase, begunAt }));
    });
    const next = await customer.newPage();
    await next.goto(shop().addressOf('/'));
    await next.getByRole('link', { name: 'See how it stands' }).click();
    await next.getByText(/its answer never reached you/).waitFor();
    await button(next, 'Finish the order').click();
    await receipt(next).waitFor();
    expect(await shop().soldOf(bookId)).toBe(1);
  });

  test('where the button is pressed twice', async () => {
    const { bookId, page } = await comeToBasket();
    await button(page, 'Place the order').dblclick();
    await receipt(page).waitFor();
    expect(await shop().soldOf(bookId)).toBe(1);
  });

  test.each([
    ['over HTTPS', true],
    ['without the locks that only pages over HTTPS have', false],
  ])('where two tabs buy the same basket at once, %s', async (_, hasLocks) => {
    const { id: bookId } = await shop().createBook({ stock: 9 });
    const customer = await shop().customer();
    if (!hasLocks) {
      await customer.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'));
    }
    const [first, second] = [await customer.newPage(), await customer.newPage()];
    const tabs = [first, second];
    await putIntoBasket(first, bookId);
    for (const tab of tabs) await tab.goto(shop().addressOf('/basket'));
    // At once, whatever the other tab has heard by then: it may have no button any more.
    const hasPressed = await Promise.all(
      tabs.map((tab) =>
        tab.evaluate(() => {
          const place = document.querySelector<HTMLButtonElement>('.checkout__place');
          place?.click();
          return place !== null;
        }),
      ),
    );
    const ids = await Promise.all(tabs.filter((_tab, index) => hasPressed[index]).map(orderIdOn));
    expect(new Set(ids).size).toBe(1);
    expect(await shop().soldOf(bookId)).toBe(1);
  });
});

describe('while one looks', () => {
  test('a book is sold by others, until it is sold out', async () => {
    const { id: bookId } = await shop().createBook({ stock: 6 });
    const page = await shop().visit(`/book/${bookId}`);
    await page.getByText('6 left').waitFor();
    await shop().client.buy(bookId, { quantity: 4 });
    await page.getByText('only 2 left').waitFor();
    await shop().client.buy(bookId, { quantity: 2 });
    await page.getByText('sold out').waitFor();
    expect(await button(page, 'Buy now').count()).toBe(0);
  });

  test('nothing is asked in a hidden tab', async () => {
    const { id: bookId } = await shop().createBook({ stock: 6 });
    const page = await shop().visit(`/book/${bookId}`);
    await page.getByText('6 left').waitFor();
    const hide = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await hide(true);
    const asked = () => shop().proxy.seen.filter((name) => name === `GET /info/${bookId}`).length;
    const before = asked();
    await shop().client.buy(bookId, { quantity: 4 });
    // Longer than the pause between two looks: what is to be shown is that nothing comes.
    await page.waitForTimeout(5000);
    expect(asked()).toBeLessThanOrEqual(before + 1);
    await hide(false);
    await page.getByText('only 2 left').waitFor();
  });

  test('what is not changed is not sent again', async () => {
    const { id: bookId } = await shop().createBook({ stock: 6 });
    const page = await (await shop().customer()).newPage();
    const statuses: number[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith(`/info/${bookId}`)) statuses.push(response.status());
    });
    await page.goto(shop().addressOf(`/book/${bookId}`));
    await eventually(() => expect(statuses.slice(0, 2)).toEqual([200, 304]));
  });
});

describe('what changed meanwhile is shown in its place, and accepted with one click:', () => {
  test('another price', async () => {
    const { bookId, page } = await comeToBasket({ price: 1000, stock: 9 });
    await button(page, 'Place the order').waitFor();
    await shop().client.admin(`/books/${bookId}`, { method: 'PATCH', body: { price: 1100 } });
    await button(page, 'Place the order').click();
    await page.getByText('The price is $11.00 now; it was $10.00.').waitFor();
    expect(await shop().soldOf(bookId)).toBe(0);
    await button(page, 'Take it for $11.00').click();
    await button(page, 'Place the order').click();
    await receipt(page).waitFor();
    await page.getByText('$11.00').first().waitFor();
  });

  test('too few copies of one book, while another is there: nothing is bought', async () => {
    const [scarce, other] = [
      await shop().createBook({ stock: 3 }),
      await shop().createBook({ stock: 9 }),
    ];
    const page = await (await shop().customer()).newPage();
    await putIntoBasket(page, scarce.id);
    await putIntoBasket(page, other.id);
    await page.goto(shop().addressOf('/basket'));
    const quantity = page.getByLabel(`Quantity of ${scarce.title}`);
    await quantity.fill('3');
    await quantity.press('Tab');
    await shop().client.buy(scarce.id, { quantity: 2 });
    await button(page, 'Place the order').click();
    await page.getByText('Someone was faster: 1 copy is left.').waitFor();
    expect(await shop().soldOf(other.id)).toBe(0);
    await button(page, 'Take the last one').click();
    await button(page, 'Place the order').click();
    await receipt(page).waitFor();
    expect(await shop().soldOf(scarce.id)).toBe(3);
    expect(await shop().soldOf(other.id)).toBe(1);
  });

  test('a book that is sold out is left out', async () => {
    const { bookId, page } = await comeToBasket({ stock: 1 });
    await button(page, 'Place the order').waitFor();
    await shop().client.buy(bookId);
    await button(page, 'Place the order').click();
    await page.getByText('Someone was faster: it is sold out.').waitFor();
    await button(page, 'Leave it out').click();
    await page.getByText('Your basket is empty.').waitFor();
  });
});

describe('when something is out of order', () => {
  test('a region that is killed, and one that hangs, during the checkout cost patience, and no more', async () => {
    const { bookId, page } = await comeToBasket();
    const killed = killPart(shop().store, 'database-us-east-1');
    await button(page, 'Place the order').click();
    await receipt(page).waitFor();
    await killed;
    await putIntoBasket(page, bookId);
    await page.goto(shop().addressOf('/basket'));
    const thaw = freeze(shop().store, 'database-us-east-1');
    try {
      await button(page, 'Place the order').click();
      await receipt(page).waitFor();
    } finally {
      thaw();
    }
    await eventually(async () => expect(await shop().soldOf(bookId)).toBe(2));
  });

  test('a purchase whose page was left is told of on whichever page one is', async () => {
    const { bookId, page } = await comeToBasket();
    await loseAnswersAtCheckout(page);
    await page.getByRole('link', { name: 'Bazar, the first page' }).click();
    await page.getByText('Your order is still waiting for its answer.').waitFor();
    shop().proxy.loseAnswers('POST /orders', 0);
    await page.getByRole('link', { name: 'See the receipt' }).click();
    await receipt(page).waitFor();
    expect(await shop().soldOf(bookId)).toBe(1);
  });

  test('a busy shop says so, goes on trying, and lets go', async () => {
    const { bookId, page } = await comeToBasket();
    shop().proxy.answer('POST /orders', { status: 503, kind: 'busy' });
    try {
      await button(page, 'Place the order').click();
      await page.getByText('Nothing was bought yet; we’re trying again.').waitFor();
      await button(page, 'Stop, and change the basket').click();
      await page.getByText('Stopped. Nothing was bought.').waitFor();
    } finally {
      shop().proxy.answer('POST /orders', undefined);
    }
    await button(page, 'Place the order').click();
    await receipt(page).waitFor();
    expect(await shop().soldOf(bookId)).toBe(1);
  });

  test('a quiet line says that the network is gone, and goes when it is back', async () => {
    const { id: bookId } = await shop().createBook({ stock: 6 });
    const page = await shop().visit(`/book/${bookId}`);
    await page.getByText('6 left').waitFor();
    await page.context().setOffline(true);
    await page.getByText(/You seem to be offline/).waitFor();
    await page.getByText('6 left').waitFor();
    await page.context().setOffline(false);
    await page.getByText(/You seem to be offline/).waitFor({ state: 'detached' });
  });

  test('an address that leads nowhere says so, and leads on', async () => {
    const page = await (await shop().customer()).newPage();
    const response = await page.goto(shop().addressOf('/no/such/page'));
    expect(response?.status()).toBe(404);
    await page.getByRole('link', { name: 'To the first page' }).click();
    await page.getByRole('listitem').first().waitFor();
    await page.goto(shop().addressOf('/book/999999999999999'));
    await page.getByText('There is no such book.').first().waitFor();
    await page.goto(shop().addressOf(`/order/${freshKey()}`));
    await page.getByText('There is no such order.').first().waitFor();
  });
});
