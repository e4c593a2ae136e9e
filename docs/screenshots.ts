/** `npm run screenshots`: takes the pictures of the README anew, of a store that it starts for them. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startStore, storeEnvironment, type RunningStore } from '../local/store-process.js';
import { launchChromium } from '../tools/chromium.js';
import { projectDir } from '../tools/project.js';

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true };

interface Picture {
  readonly name: string;
  readonly options: BrowserContextOptions;
  /** Opens the page, and brings it to what is to be seen. */
  readonly pose: (page: Page, url: string) => Promise<void>;
}

const addToBasket = async (page: Page, url: string, bookId: number): Promise<void> => {
  await page.goto(`${url}/book/${bookId}`);
  await page.getByRole('button', { name: 'Add to basket' }).click();
  await page.getByText(/in your basket/).waitFor();
};

const pictures = (
  adminToken: string,
  change: (bookId: number, body: object) => Promise<void>,
): readonly Picture[] => [
  {
    name: 'shop',
    options: desktop,
    pose: async (page, url) => {
      await page.goto(url);
      await page.locator('.card__link').nth(20).waitFor();
    },
  },
  {
    name: 'control-room',
    options: { viewport: { width: 1440, height: 1040 } },
    pose: async (page, url) => {
      await page.goto(`${url}/control`);
      await page.getByLabel('Admin token').fill(adminToken);
      await page.getByRole('button', { name: 'Open' }).click();
      const lost = page.getByRole('article', { name: 'eu-west-1' });
      await page.getByRole('button', { name: 'Send 200 buyers at 20 copies' }).click();
      await page.getByText('The Last Copies').first().waitFor();
      await lost.getByLabel('killed').check({ force: true });
      await lost.getByText('does not answer').waitFor();
      await page.getByText('200 of 200 buyers came').waitFor();
    },
  },
  {
    name: 'shop-phone',
    options: { ...phone, colorScheme: 'dark' },
    pose: async (page, url) => {
      await page.goto(url);
      await page.locator('.card__link').nth(5).waitFor();
    },
  },
  {
    name: 'shop-book',
    options: desktop,
    pose: async (page, url) => {
      await page.goto(`${url}/book/2`);
      await page.locator('.shelf .card__link').nth(5).waitFor();
    },
  },
  {
    name: 'shop-basket',
    options: desktop,
    pose: async (page, url) => {
      await addToBasket(page, url, 1);
      await addToBasket(page, url, 2);
      await change(2, { price: 1499 });
      await page.goto(`${url}/basket`);
      await page.getByRole('button', { name: /Take it for/ }).waitFor();
    },
  },
  {
    name: 'shop-order',
    options: desktop,
    pose: async (page, url) => {
      await addToBasket(page, url, 3);
      await addToBasket(page, url, 4);
      await page.goto(`${url}/basket`);
      await page.getByRole('button', { name: 'Place the order' }).click();
      await page.getByRole('heading', { name: 'Receipt' }).waitFor();
    },
  },
];

async function main(): Promise<void> {
  const store = await startStore();
  const browser = await launchChromium();
  try {
    await fill(store);
    await patch(store, 2, {
      year: 1997,
      language: 'en',
      isbn: '9780439554930',
      description:
        'A boy who lives in a cupboard under the stairs learns on his eleventh birthday what everybody else ' +
        'knows of him. A train leaves from a platform that is not there, for a school of magic, where he ' +
        'finds friends, a game played in the air, and a door that is better left shut.',
    });
    const change = (bookId: number, body: object) => patch(store, bookId, body);
    for (const picture of pictures(store.adminToken, change)) {
      const bytes = await take(browser, store.url.replace('127.0.0.1', 'localhost'), picture);
      console.log(`docs/${picture.name}.webp: ${Math.ceil(bytes / 1000)} kB`);
    }
  } finally {
    await browser.close();
    await store.stop();
  }
}

/** More books than the seed has, some of them in other scripts. */
async function fill({ url, dataDir }: RunningStore): Promise<void> {
  const file = join(projectDir, 'test/data/books-extract.csv');
  const args = ['--import', 'tsx', join(projectDir, 'cli/import.ts'), file, '--url', url];
  await promisify(execFile)(process.execPath, args, {
    cwd: projectDir,
    env: storeEnvironment({ BAZAR_DATA: dataDir }),
  });
}

async function patch({ url, adminToken }: RunningStore, id: number, body: object): Promise<void> {
  const response = await fetch(`${url}/books/${id}`, {
    method: 'PATCH',
    headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** @returns the picture's size in bytes */
async function take(browser: Browser, url: string, picture: Picture): Promise<number> {
  const context = await browser.newContext({
    locale: 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...picture.options,
  });
  const page = await context.newPage();
  await picture.pose(page, url);
  await page.mouse.move(0, 0);
  const debugging = await context.newCDPSession(page);
  const { data } = await debugging.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  await context.close();
  const bytes = Buffer.from(data, 'base64');
  await writeFile(join(projectDir, 'docs', `${picture.name}.webp`), bytes);
  return bytes.length;
}

await main();
