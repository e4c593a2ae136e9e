/** What a search by words takes and costs, in a small catalogue and in a large one. */
import { loadConfig, type Config } from '../../lib/config.js';
import { TableLink, type DocumentClient, type LinkClients } from '../../lib/dynamodb/table-link.js';
import { createFrontEnd } from '../../lib/lambda/api.js';
import { clientsOf } from '../../lib/lambda/clients.js';
import { termsOf } from '../../lib/rules/words.js';
import { regionOf } from '../../lib/rules/sites.js';
import type { FrontEnd } from '../../lib/store/front-end.js';
import { searchByWords } from '../../lib/store/search-words.js';
import { realSystem } from '../../lib/system.js';
import { Replica } from '../../lib/tables/replica.js';
import { silentTelemetry } from '../../lib/telemetry.js';
import { randomChoice, type RandomChoice } from '../../tools/random.js';
import { formatCount } from '../../tools/terminal/table.js';
import type { Context, Part, Result, Row } from '../part.js';
import { rounded, rowOf } from '../report/rows.js';
import { runStore } from '../support/bench-store.js';
import type { TitleAndAuthors } from '../support/books.js';
import { fillBooks, makeClosedStore } from '../support/bulk.js';
import { measure } from '../support/load.js';
import { makeUpTitles, readTitles } from '../support/titles.js';

export const words: Part = {
  name: 'words',
  title: 'What does a search by words take?',
  run,
};

const limit = 20;
/** So much slower may it be in the largest catalogue than in the first, to be called flat. */
const flat = 1.5;

/** What readers type, of a title that there is. */
const searches: Readonly<Record<string, (title: string[], random: RandomChoice) => string>> = {
  'one word': (title, random) => random.oneOf(title),
  'two words': (title, random) => `${random.oneOf(title)} ${random.oneOf(title)} `,
  'a beginning of two letters': (title, random) =>
    Array.from(random.oneOf(title)).slice(0, 2).join(''),
  'the most frequent word': () => 'the',
  'the most frequent word, and another': (title, random) => `the ${random.oneOf(title)}`,
};

async function run(context: Context): Promise<Result> {
  const { books, titles: file, tell } = context;
  const real = file === undefined ? [] : await readTitles(file);
  const madeUp = makeUpTitles();
  const describe = (number: number): TitleAndAuthors => real[number] ?? madeUp(number);
  const closed = await makeClosedStore(context);
  const rows: Row[] = [];
  let filled = closed.created.length;
  for (const size of books.filter((one) => one > filled)) {
    tell(`filling to ${size} books`);
    await fillBooks(closed, { created: closed.created, from: filled, to: size, describe }, context);
    filled = size;
    const store = await runStore(context, closed.dataDir);
    process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
    const config = loadConfig({ PREFIX: 'bazar-dev', ...store.environment });
    const titleOf = (number: number) => titleWords(describe(number));
    rows.push(...(await measureAt(context, countedFrontEnd(config), titleOf, size)));
    await store.stop();
  }
  return toResult(rows, real.length);
}

const titleWords = ({ title }: TitleAndAuthors): string[] => {
  const found = termsOf(title).map(({ text }) => text);
  return found.length === 0 ? ['the'] : found;
};

async function measureAt(
  { count, signal, tell }: Context,
  { front, calls }: CountedFrontEnd,
  titleOf: (number: number) => string[],
  size: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [search, textOf] of Object.entries(searches)) {
    tell(`${size} books: ${search}`);
    const random = randomChoice(size);
    const texts = Array.from({ length: count }, () => {
      const title = titleOf(random.whole(10, size - 1));
      const text = textOf(title, random);
      // A title need not have the word that most others have.
      const isOfTitle = termsOf(text).every((term) =>
        title.some((word) => word.startsWith(term.text)),
      );
      return { text, isOfTitle };
    });
    const perSearch: { queries: number; units: number; isShort: boolean }[] = [];
    const call = async (index: number) => {
      const { text, isOfTitle } = texts[index] as (typeof texts)[number];
      calls.length = 0;
      const { books, next } = await searchByWords(front, { words: text }, { limit, after: '' });
      const queries = calls.filter(({ name }) => name === 'Query');
      const units = queries.reduce((sum, one) => sum + one.units, 0);
      const isShort = books.length < limit && next !== undefined;
      perSearch.push({ queries: queries.length, units, isShort });
      return books.length > 0 || isShort || !isOfTitle;
    };
    // The cache has the books of all pages then: what is measured is the search for them.
    await measure({ clients: 1, count, signal }, call);
    perSearch.length = 0;
    const measured = await measure({ clients: 1, count, signal }, call);
    const meanOf = (of: 'queries' | 'units') =>
      rounded(perSearch.reduce((sum, one) => sum + one[of], 0) / perSearch.length);
    const mostOf = (of: 'queries' | 'units') => Math.max(...perSearch.map((one) => one[of]));
    rows.push({
      ...rowOf({ search, books: formatCount(size) }, measured),
      Queries: meanOf('queries'),
      'at most': mostOf('queries'),
      'read units': meanOf('units'),
      'units at most': mostOf('units'),
      'short pages': perSearch.filter(({ isShort }) => isShort).length,
    });
  }
  return rows;
}

interface CountedFrontEnd {
  readonly front: FrontEnd;
  /** What was asked of the region, by commands, with the units that it took. */
  readonly calls: { readonly name: string; readonly units: number }[];
}

function countedFrontEnd(config: Config): CountedFrontEnd {
  const calls: { name: string; units: number }[] = [];
  const site = config.REPLICAS.find((one) => regionOf(one) === config.AWS_REGION);
  if (site === undefined) throw new Error('the front end of the bench has a region of its own');
  const clients = clientsOf(
    config,
    config.AWS_REGION,
    config.DYNAMODB_ENDPOINTS?.[config.AWS_REGION],
  );
  const link = new TableLink(config.AWS_REGION, counted(clients, calls), realSystem);
  const replica = new Replica(site, config.PREFIX, link, realSystem);
  return { front: { ...createFrontEnd(config, silentTelemetry), replicas: [replica] }, calls };
}

function counted(clients: LinkClients, calls: { name: string; units: number }[]): LinkClients {
  const send = async (command: { readonly input: object }): Promise<unknown> => {
    Object.assign(command.input, { ReturnConsumedCapacity: 'TOTAL' });
    const answer = (await clients.read.send(command as never)) as { ConsumedCapacity?: unknown };
    const name = command.constructor.name.replace(/Command$/, '');
    const [units = 0] = [answer.ConsumedCapacity ?? []]
      .flat()
      .map((one) => Number((one as { CapacityUnits?: number }).CapacityUnits));
    calls.push({ name, units });
    return answer;
  };
  return { ...clients, read: { send: send as DocumentClient['send'] } };
}

function toResult(rows: readonly Row[], realTitles: number): Result {
  const sizes = [...new Set(rows.map((row) => String(row['books'])))];
  const p50Of = (search: string, books: string | undefined): number =>
    Number(rows.find((row) => row['search'] === search && row['books'] === books)?.['p50 ms']);
  const [first, last] = [sizes[0], sizes.at(-1)];
  return {
    ratios: Object.keys(searches).map((search) => ({
      name: `${search}: p50 at ${last} books over that at ${first}`,
      value: p50Of(search, last) / p50Of(search, first),
      goal: flat,
    })),
    rows,
    plots: [
      {
        name: 'words',
        title: 'Median latency of a search by words, 1 client',
        unit: 'ms',
        series: sizes.map((size) => `${size} books`),
        groups: Object.keys(searches).map((search) => ({
          label: search,
          values: sizes.map((size) => p50Of(search, size)),
        })),
      },
    ],
    notes: [
      `Pages of ${limit}, of the store's own code without HTTP, with books that the cache holds. ` +
        'Queries and read units are those of the index, as the emulator counts them. A short page is one that ' +
        'ended at the bound of what it may cost, and says where the next one goes on.',
      realTitles === 0
        ? 'The titles are made up, of 50,000 words whose frequencies follow Zipf’s law.'
        : `The first ${formatCount(realTitles)} books have titles and authors of a real catalogue; the others ` +
          'are made up, of 50,000 words whose frequencies follow Zipf’s law.',
    ],
  };
}
