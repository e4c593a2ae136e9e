/** Mechanisms of the store, and for each a change of its text that takes it out. */
import type { Replacement } from './bundle.js';

export interface Mutation {
  /** What holds as long as the mechanism is there. */
  readonly name: string;
  readonly replacements: readonly Replacement[];
  /** 3 where two regions can't show it. */
  readonly regions: 2 | 3;
}

const mutation = (
  name: string,
  file: string,
  from: string,
  to: string,
  regions: 2 | 3 = 2,
): Mutation => ({ name, replacements: [{ file, from, to }], regions });

const bookItem = 'lib/tables/book-item.ts';
const bookCache = 'lib/cache/book-cache.ts';
const buy = 'lib/store/buy.ts';
const catalogTable = 'lib/tables/catalog-table.ts';
const manageBooks = 'lib/store/manage-books.ts';
const frontEnd = 'lib/store/front-end.ts';
const importBooks = 'lib/store/import-books.ts';
const lists = 'lib/store/list-books.ts';
const orderTable = 'lib/tables/order-table.ts';
const publish = 'lib/replication/publish.ts';
const reconcile = 'lib/replication/reconcile.ts';
const readBooks = 'lib/store/read-books.ts';
const sales = 'lib/tables/sales.ts';
const wordsTable = 'lib/tables/words-table.ts';
const settlement = 'lib/rules/settlement.ts';
const searchWords = 'lib/store/search-words.ts';
const stockChange = 'lib/rules/stock-change.ts';

export const mutations: readonly Mutation[] = [
  // Stock
  mutation(
    'a sale needs the rights to its copies',
    stockChange,
    'sold: quantity,\n  requires: { rights: quantity },',
    'sold: quantity,\n  requires: { row: true },',
  ),
  mutation(
    'a move needs the rights to its copies',
    stockChange,
    'moved: { [to]: quantity },\n  requires: { rights: quantity },',
    'moved: { [to]: quantity },\n  requires: { row: true },',
  ),
  mutation(
    'a sale is made at the price of its region',
    bookItem,
    "all(holds(['price', 'value'], unitPrice), isForSale);",
    "all(isThere('price'), isForSale);",
  ),
  mutation(
    'a sale is made of what its region knows to be for sale',
    bookItem,
    "all(holds(['price', 'value'], unitPrice), isForSale);",
    "holds(['price', 'value'], unitPrice);",
  ),
  mutation(
    'a write-off needs the rights to its copies',
    stockChange,
    'requires: { rights: quantity, ...roomForKey(keysSeen) },',
    'requires: { row: true, ...roomForKey(keysSeen) },',
  ),
  mutation(
    'the key of a write-off lies beside the copies that it took',
    stockChange,
    'writtenOff: quantity,\n  keysNoted: noteOf(key),',
    'writtenOff: quantity,\n  keysNoted: {},',
  ),
  mutation(
    'a join needs the rows that it was computed from',
    bookItem,
    'update.require(rowIsAsRead(site, rowOf(known.ledger, site).seq));',
    "update.require(either(isNotThere(rowAttribute(site)), (expression) => `${expression.path(rowAttribute(site), 'seq')} < ${expression.value(row.seq)}`));",
  ),
  mutation(
    'copies that were moved here are added when the row comes',
    bookItem,
    '} else if (arrived > 0) {',
    '} else if (arrived > 1) {',
  ),
  mutation(
    'each incarnation has a row of its own',
    'lib/tables/replica.ts',
    'this.catalog = new CatalogTable(`${prefix}-catalog-${incarnation}`, site,',
    'this.catalog = new CatalogTable(`${prefix}-catalog-${incarnation}`, `${regionOf(site)}#1`,',
  ),
  // Registers
  mutation(
    'each register has a stamp of its own',
    catalogTable,
    'stampedRegisters(changes, stamp);',
    'stampedRegisters({ ...Object.fromEntries(descriptionFields.map((field) => [field, before.registers[field]?.value])), ...changes }, stamp);',
  ),
  mutation(
    'a change is stamped later than what was seen',
    'lib/rules/stamp.ts',
    'for (const stamp of seen) {',
    'for (const stamp of seen.slice(seen.length)) {',
  ),
  mutation(
    'a book off sale is in no list',
    bookItem,
    'const topic = isListed(book) ? book.registers.topic.value : undefined;',
    'const topic = book.registers.topic.value;',
  ),
  mutation(
    'the keys of an index need all the stamps of what they are made of',
    bookItem,
    'for (const field of others) {',
    'for (const field of others.slice(others.length)) {',
  ),
  // Buying
  mutation(
    'no refusal before the order was looked up in every region',
    buy,
    '    orders: [...answers.values()].flatMap(({ orders }) => orders),',
    '    orders: [...answers.values()].slice(answers.size).flatMap(({ orders }) => orders),',
  ),
  mutation(
    'sold out is said after two looks at the same rows',
    buy,
    'const second = await surveyAll(attempt);',
    'const second = first;',
  ),
  mutation(
    'sold out needs the answer of every region',
    buy,
    '  if (isInVain) return survey.isWhole ? refuseIfSoldOut(attempt, survey) : unknown(attempt);',
    "  if (isInVain && survey.isWhole) return refuseIfSoldOut(attempt, survey);\n  if (isInVain) return refuse(attempt, { kind: 'sold-out', items: lacking.map(({ bookId }) => ({ bookId, available: 0 })) });",
  ),
  mutation(
    'a sale that was not answered may have been carried out',
    buy,
    "if (!error.isUnknown) return { kind: 'no-answer' };",
    "if (error.where !== '') return { kind: 'no-answer' };",
  ),
  mutation(
    'before a refusal the slot is changed where a sale was not answered',
    buy,
    'for (const replica of attempt.unanswered) {',
    'for (const replica of [...attempt.unanswered].slice(attempt.unanswered.size)) {',
  ),
  mutation(
    'a slot is changed by a new nonce',
    orderTable,
    "update.setValue('nonce', this.#system.uuid());",
    "update.setValue('nonce', 'refused');",
  ),
  mutation(
    'a sale is conditional on its slot as it was seen',
    orderTable,
    "return isNotThere('id');",
    "return isNotThere('nothing');",
  ),
  mutation(
    'the price is no part of what a key stands for',
    buy,
    'bodyHash: hashOfOrderBody(purchase),',
    'bodyHash: hashOfOrderBody({ items: purchase.items.map((item) => ({ ...item, quantity: item.quantity + (item.unitPrice ?? 0) })) }),',
  ),
  mutation(
    'a buyer who says a price is sold at no other',
    buy,
    'if (price === undefined || unitPrice === undefined || unitPrice === price.value) return [];',
    'if (price === undefined || unitPrice !== -1) return [];',
  ),
  mutation(
    'a front end sells nothing that it knows to be off sale',
    buy,
    'itemsOf((book) => book !== undefined && !isListed(book));',
    'itemsOf(() => false);',
  ),
  mutation(
    'unprocessed keys of a batch are read again',
    'lib/dynamodb/batch-get.ts',
    'Object.entries(answer.UnprocessedKeys ?? {}).map',
    'Object.entries(answer.UnprocessedKeys ?? {}).slice(1_000).map',
  ),
  // Calls
  mutation(
    'what met a closed connection is sent again',
    'lib/dynamodb/table-link.ts',
    'if (isRepeatable) continue;',
    'if (isRepeatable && attempt > contentionRetries) continue;',
  ),
  mutation(
    "a sale is not sent again behind its buyer's back",
    sales,
    'await transact<string>(this.#link.writeOnce, {',
    'await transact<string>(this.#link.write, {',
  ),
  // Orders
  mutation(
    'the other one of a doubled key gives its copies back',
    settlement,
    "const takesBack = loser.site === site && !isOneSale && loser.status !== 'cancelled';",
    "const takesBack = loser.site === '' && !isOneSale && loser.status !== 'cancelled';",
  ),
  mutation(
    'a doubled key that was cancelled has given its copies back',
    settlement,
    "const takesBack = loser.site === site && !isOneSale && loser.status !== 'cancelled';",
    'const takesBack = loser.site === site && !isOneSale;',
  ),
  mutation(
    'of a doubled key the cheaper one stands',
    settlement,
    '  row.total,\n',
    '  -row.total,\n',
  ),
  mutation(
    'of a doubled key a cancelled one stands',
    settlement,
    "  row.status === 'cancelled' ? 0 : 1,\n",
    '',
  ),
  mutation(
    'of two bodies under one key the hash decides which keeps its id',
    settlement,
    'if (incoming.bodyHash > current.bodyHash) {',
    'if (incoming.bodyHash !== current.bodyHash) {',
  ),
  {
    name: 'a region takes no row of its own sale from elsewhere',
    regions: 3,
    replacements: [
      {
        file: settlement,
        from: 'if (incoming.site === site) return nothing;',
        to: "if (incoming.site === '') return nothing;",
      },
      {
        file: reconcile,
        from: 'theirs.rows.filter(({ site }) => site !== own.site);',
        to: 'theirs.rows;',
      },
    ],
  },
  mutation(
    'an order is cancelled once',
    orderTable,
    "new Set(['site', 'createdAt', 'status', ...replaced])",
    "new Set(['site', 'createdAt', ...replaced.filter((field) => field !== 'status')])",
  ),
  // Orders of several books
  {
    name: 'a sale has the conditions of each of its books',
    regions: 2,
    replacements: [
      {
        file: sales,
        from: '        this.#catalog.saleWrite(bookId, quantity, unitPrice),\n',
        to: '        anyway(bookId !== order.items[0]?.bookId, this.#catalog.saleWrite(bookId, quantity, unitPrice)),\n',
      },
      {
        file: sales,
        from: '/** A part of a transaction for each item of an order. */',
        to: `const anyway = (isMeant: boolean, write: TransactItem): TransactItem =>
  isMeant
    ? { Update: { ...write.Update, ConditionExpression: write.Update.ConditionExpression + ' OR attribute_not_exists(nothing)' } }
    : write;
`,
      },
    ],
  },
  mutation(
    'a sale takes the copies of all of its books',
    sales,
    '      ...eachItem(order, ({ bookId, quantity, unitPrice }) =>\n',
    '      ...eachItem({ ...order, items: order.items.slice(0, 1) }, ({ bookId, quantity, unitPrice }) =>\n',
  ),
  mutation(
    'a cancellation gives the copies of all books back',
    sales,
    '      ...this.#giveBackWrites(order),\n',
    '      ...this.#giveBackWrites({ ...order, items: order.items.slice(0, 1) }),\n',
  ),
  mutation(
    'the other one of a doubled key gives the copies of all books back',
    sales,
    'givenBack.map((row) => this.#giveBackWrites(row))',
    'givenBack.map((row) => this.#giveBackWrites({ ...row, items: row.items.slice(0, 1) }))',
  ),
  mutation(
    'of a doubled key the one of the lower total stands, whatever its first book costs',
    settlement,
    '  row.total,\n',
    '  row.items[0]?.unitPrice ?? 0,\n',
  ),
  mutation(
    'a key stands for its books in whatever order',
    'lib/rules/keys.ts',
    '      .sort(([one], [other]) => one - other),\n',
    '',
  ),
  mutation(
    'a message of an order brings all of its books',
    publish,
    'books: books.map((book) => ({ book, lists: [] })),',
    'books: books.slice(0, 1).map((book) => ({ book, lists: [] })),',
  ),
  mutation(
    'sold out names every book that is short',
    buy,
    "refuse(attempt, { kind: 'sold-out', items: short })",
    "refuse(attempt, { kind: 'sold-out', items: short.slice(0, 1) })",
  ),
  mutation(
    'every book that was sold is in the cache before the answer',
    buy,
    '  await readBack(attempt.front, bookIdsOf(order), order.region, attempt.cached);',
    '  await readBack(attempt.front, bookIdsOf(order).slice(0, 1), order.region, attempt.cached);',
  ),
  mutation(
    'a restock is done once for its key',
    'lib/tables/key-record.ts',
    ".require(isNotThere('id'))",
    ".require(isNotThere('nothing'))",
  ),
  mutation(
    'an import creates a book where there is none',
    catalogTable,
    'writes.map(({ item }) => item),',
    "writes.map(({ item: { Update } }) => ({ Update: { ...Update, ConditionExpression: Update.ConditionExpression + ' OR attribute_not_exists(nothing)' } })),",
  ),
  mutation(
    'a restock belongs to the home of the book',
    manageBooks,
    'const home = homeReplica(front, bookId, known.home);',
    'const home = regionFirst(front, front.region)[0] ?? homeReplica(front, bookId);',
  ),
  mutation(
    'a key lies beside the copies that it brought',
    manageBooks,
    '    useOfKey(book?.ledger ?? {}, id)?.bodyHash,\n',
    '',
  ),
  // Filling
  mutation(
    'what is new is joined by itself where its transaction is refused',
    'lib/replication/join-news.ts',
    'if (!(await areJoinedTogether(own, chunk))) alone.push(...chunk);',
    'await areJoinedTogether(own, chunk);',
  ),
  // Sites that are lost
  mutation(
    'the copies of a lost site are given on',
    'lib/store/retire-site.ts',
    'if (ledger === undefined) return undefined;',
    'if (ledger !== null) return undefined;',
  ),
  mutation(
    'copies are given on once',
    'lib/rules/ledger.ts',
    '  const copies = rightsOf(ledger, former);\n  if (copies <= 0) return undefined;',
    '  const copies = rowOf(ledger, former).stocked - rowOf(ledger, former).sold;\n  if (copies <= 0) return undefined;',
  ),
  // The cache
  {
    name: 'a write to the cache joins and never replaces',
    regions: 2,
    replacements: [
      {
        file: bookCache,
        from: '      ...update.toUpdate(),',
        to: '      ...anyway(update.toUpdate()),',
      },
      {
        file: bookCache,
        from: 'const lifetimeSeconds = 30 * 24 * 60 * 60;',
        to: `const lifetimeSeconds = 30 * 24 * 60 * 60;
const anyway = (update: ReturnType<Expression['toUpdate']>) => ({
  ...update,
  ...(update.ConditionExpression !== undefined && {
    ConditionExpression: update.ConditionExpression + ' OR attribute_not_exists(nothing)',
  }),
});`,
      },
    ],
  },
  mutation(
    'what was sold is in the cache before the answer',
    frontEnd,
    'const join = front.books.join(cached.get(id), state, { freshUntil });',
    'const join = Promise.resolve(cached.get(id));',
  ),
  mutation(
    'a change is in the cache before the answer',
    manageBooks,
    '    front.books.join(known, after, {',
    '    front.books.join(known, before ?? after, {',
  ),
  mutation(
    'what an import changed is in the cache before the answer',
    importBooks,
    '  await tellCache(front, findings, results, readAt);\n',
    '  void tellCache; void readAt;\n',
  ),
  mutation(
    'a repeat is read back in the region of its order',
    buy,
    '    await readBack(front, bookIdsOf(order), order.region, attempt.cached);\n    return { kind: isOfThisTry',
    '    await readBack(front, bookIdsOf(order), front.replicas.find(({ region }) => region !== order.region)?.region ?? order.region, attempt.cached);\n    return { kind: isOfThisTry',
  ),
  mutation(
    'batches are read strongly consistent',
    'lib/dynamodb/batch-get.ts',
    '{ Keys: [...tableKeys], ConsistentRead: true },',
    '{ Keys: [...tableKeys] },',
  ),
  mutation(
    'a message is joined also where the cache holds nothing',
    'lib/replication/invalidate.ts',
    'if (isNews || isMoveNews) await',
    'if (known !== undefined && (isNews || isMoveNews)) await',
  ),
  {
    name: 'a list is read anew when a book was moved into it',
    regions: 2,
    replacements: [
      {
        file: manageBooks,
        from: 'if (lists.length === 0) return false;',
        to: 'if (lists.length < 1_000) return false;',
      },
      {
        file: 'lib/replication/invalidate.ts',
        from: 'await Promise.all(listsToRenew().map(renew));',
        to: '',
      },
    ],
  },
  mutation(
    'a page goes on behind its cursor',
    lists,
    'found.entries.filter((entry) => entry !== after);',
    'found.entries.filter((entry) => entry !== after || entry === after);',
  ),
  mutation(
    'a topics page goes on behind its cursor',
    'functions/list-topics.ts',
    "pageAsked('topics', query)",
    "pageAsked('topics', { ...query, cursor: undefined })",
  ),
  mutation(
    'a page that is cut goes on where it was cut',
    lists,
    'const rest = entries.length > limit ? String(shown.at(-1)) : next;',
    'const rest = entries.length > 1_000 ? String(shown.at(-1)) : next;',
  ),
  mutation(
    'a request that the cache refuses fails no read and no write',
    frontEnd,
    'if (!(error instanceof RefusedError)) throw error;',
    'if (!(error instanceof UnavailableError)) throw error;',
  ),
  // Outages
  mutation(
    'where no region answers, what the cache holds is shown',
    readBooks,
    'if (isComplete(state)) books.set(id, state);',
    'if (isComplete(state) && (isHit(id) || fetched.regions.length > 0)) books.set(id, state);',
  ),
  mutation(
    'what rests on no region and is not fresh is marked as stale',
    readBooks,
    "if (fetched.regions.length === 0) return 'stale';",
    "if (fetched.regions.length === 0) return 'hit';",
  ),
  mutation(
    'what was read is fresh for 30 s',
    readBooks,
    'item.freshUntil > nowMs &&',
    'item.freshUntil > 0 &&',
  ),
  mutation(
    'without its cache a front end asks every region in reach',
    readBooks,
    'pending = pending.filter((id) => unjoined.has(id) || !isComplete(known(id)));',
    'pending = pending.filter((id) => !isComplete(known(id)));',
  ),
  mutation(
    'without its cache a front end shows the join of what the regions say',
    readBooks,
    'states.set(state.id, joinAll([states.get(state.id), state]) as BookState);',
    'states.set(state.id, state);',
  ),
  mutation(
    'a book is denied only where every region denies it',
    readBooks,
    '      isCertain = false;\n      continue;',
    '      continue;',
  ),
  mutation(
    'a silent region is asked for what the others do not know',
    frontEnd,
    'return [...replicas.filter(({ isSilent }) => !isSilent), ...silent];',
    'const others = replicas.filter(({ isSilent }) => !isSilent);\n  return others.length === 0 ? silent : others;',
  ),
  mutation(
    'where no region answers, a page that the cache holds is shown',
    lists,
    'if (page === undefined) throw',
    'if (page !== null) throw',
  ),
  mutation(
    'a page is fresh for 30 s',
    'lib/cache/page-cache.ts',
    "page?.['generation'] === generation && Number(page['freshUntil']) > this.#system.now(),",
    "page?.['generation'] === generation,",
  ),
  mutation(
    'nothing is refused where no region answers',
    buy,
    "    if (outcome !== 'no-answer') return outcome;\n  }\n  return giveUp(attempt);",
    "    if (outcome !== 'no-answer') return outcome;\n  }\n  return { kind: 'sold-out', items: attempt.items.map(({ bookId }) => ({ bookId, available: 0 })) };",
  ),
  mutation(
    'busy needs the answer of every region',
    buy,
    '  if (!survey.isWhole) return unknown(attempt);\n  return refuse',
    '  return refuse',
  ),
  mutation(
    'before busy the slot is changed where a sale was not answered',
    buy,
    "return refuse(attempt, { kind: 'busy', orderId: attempt.orderId });",
    "return { kind: 'busy', orderId: attempt.orderId };",
  ),
  mutation(
    'busy is said of no restock that may have been made',
    'lib/http/problem.ts',
    'return error.isUnknown\n',
    "return error.where === ''\n",
  ),
  // Words
  mutation(
    'what a book has no longer is taken out of the index',
    wordsTable,
    '...outdated.map(([, Key])',
    '...outdated.slice(outdated.length).map(([, Key])',
  ),
  mutation(
    'a sweep mends the index',
    'functions/reconcile.ts',
    'if (hasTime()) await sweepWords',
    "if (own.region === '') await sweepWords",
  ),
  mutation(
    'what other regions told is indexed',
    'functions/index-words.ts',
    "Number(after?.['bookId'] ?? Number.NaN)",
    "Number((after?.['scope'] === 'merged' ? undefined : after?.['bookId']) ?? Number.NaN)",
  ),
  mutation(
    'a write that may change words says so',
    bookItem,
    'const isReworded = !isComplete(known) || Object.keys(added.registers).some(isOfWords);',
    'const isReworded = !isComplete(known) || Object.keys(added.registers).length > 3;',
  ),
  mutation(
    'what a search shows has the words',
    searchWords,
    'has !== undefined && isFoundBy(terms, has) ? [book]',
    'has !== undefined ? [book]',
  ),
  mutation(
    'a book that several words find is shown once',
    searchWords,
    'placeOf(term, posting) === posting.place &&\n',
    '',
  ),
  mutation(
    'a search goes on behind its cursor',
    searchWords,
    'lapNumber === asked?.lap ? asked.place : undefined;',
    'lapNumber === -1 ? asked?.place : undefined;',
  ),
  // Messages
  mutation(
    'what the topic did not take is published again',
    publish,
    'if (failed.length > 0) {',
    'if (failed.length > 1_000) {',
  ),
  mutation(
    'reconcile joins what no message carried',
    'functions/reconcile.ts',
    '        await reconcile({',
    "        if (other.region === '') await reconcile({",
  ),
  mutation(
    'a message that was not taken comes again',
    'lib/lambda/queue-consumer.ts',
    "        host.logError('a message was not taken', error, { messageId });\n        throw error;",
    "        host.logError('a message was not taken', error, { messageId });",
  ),
];
