/** Every English text of the shop, in one place: a translation is another file of this shape. */
import { formatNumber } from '../common/format.js';

const copies = (count: number): string =>
  count === 1 ? '1 copy' : `${formatNumber(count)} copies`;
const books = (count: number): string => (count === 1 ? '1 book' : `${formatNumber(count)} books`);

export const shop = {
  name: 'Bazar',
  copies,
  /** Behind a number. */
  copiesWord: (count: number) => (count === 1 ? 'copy' : 'copies'),
  skip: 'Skip to the content',
  titleOf: (page: string) => `${page} · Bazar`,
  by: 'by',

  header: {
    home: 'Bazar, the first page',
    search: 'Search for books',
    searchHint: 'Title, author, subject',
    clear: 'Clear the search',
    orders: 'My orders',
    basket: 'Basket',
  },

  notice: {
    offline: 'You seem to be offline. What you see may be old; your basket is safe.',
    stale: 'We couldn’t reach our stores just now. You’re seeing what we last knew.',
    degraded:
      'One of our stores is out of reach. You can go on shopping; some copies may have to wait.',
    down: 'We can’t reach our stores at the moment. You can look around; buying has to wait.',
    purchase: 'Your order is still waiting for its answer.',
    seePurchase: 'See how it stands',
    placed: 'Your order is placed.',
    seeOrder: 'See the receipt',
    notPlaced: 'Your order was not placed: something has changed.',
    seeWhy: 'See what',
  },

  home: {
    title: 'Books',
    all: 'All books',
    topics: 'Topics',
    allTopics: 'All',
    moreTopics: 'More topics',
    fewerTopics: 'Fewer topics',
    resultsFor: (query: string) => `Books that match “${query}”`,
    shown: (count: number, isMore: boolean) =>
      `${books(count)} shown${isMore ? ', and more as you scroll' : ''}`,
    loading: 'Fetching books',
    more: 'Show more books',
    end: 'That’s all of them.',
    none: 'No book matches that.',
    noneHint: 'Try fewer words, another spelling, or',
    noneWay: 'see all books',
    empty: 'The shelves are still empty.',
    emptyHint: 'Whoever runs this shop can fill them in the control room.',
    failed: 'The books couldn’t be fetched.',
    retry: 'Try again',
  },

  stock: {
    many: (count: number) => `${formatNumber(count)} left`,
    few: (count: number) => `only ${formatNumber(count)} left`,
    none: 'sold out',
    notForSale: 'not for sale',
  },

  book: {
    loading: 'Fetching the book',
    quantity: 'Quantity',
    add: 'Add to basket',
    added: (quantity: number, title: string) => `${copies(quantity)} of ${title} in your basket.`,
    basketFull: 'Your basket holds as many different books as one order may.',
    see: 'See the basket',
    buy: 'Buy now',
    year: 'Published',
    isbn: 'ISBN',
    language: 'Language',
    topic: 'Topic',
    moreOf: 'More from',
    back: 'All books',
    yearBefore: (year: number) => `${formatNumber(-year)} BC`,
    soldOutHint: 'Somebody may cancel an order: this page tells you at once.',
    notForSaleHint: 'This book has been taken off sale.',
    unknown: 'There is no such book.',
    unknownHint: 'It may have had another address.',
    failed: 'The book couldn’t be fetched.',
    changed: {
      price: (from: string, to: string) =>
        `The price has changed from ${from} to ${to}. Nothing was bought.`,
      fewer: (count: number) => `Someone was faster: ${copies(count)} left. Nothing was bought.`,
      gone: 'Someone was faster: this book is sold out. Nothing was bought.',
      notForSale: 'This book was taken off sale a moment ago. Nothing was bought.',
      unknown: 'This book is no longer here. Nothing was bought.',
    },
  },

  basket: {
    title: 'Basket',
    empty: 'Your basket is empty.',
    emptyWay: 'Find something to read',
    each: (price: string) => `${price} each`,
    quantityOf: (title: string) => `Quantity of ${title}`,
    remove: 'Remove',
    removeTitle: (title: string) => `Remove ${title}`,
    total: 'Total',
    place: 'Place the order',
    promise: 'You get all of it or nothing, and never twice.',
    problem: 'Something has changed',
    problemHint: 'Nothing was bought. Each book that is concerned says what, and what you can do.',
    acceptAll: 'Accept all changes',
    change: {
      price: (from: string, to: string) => `The price is ${to} now; it was ${from}.`,
      fewer: (count: number) =>
        count === 1
          ? 'Someone was faster: 1 copy is left.'
          : `Someone was faster: ${copies(count)} are left.`,
      gone: 'Someone was faster: it is sold out.',
      notForSale: 'It has been taken off sale.',
      unknown: 'It is no longer here.',
    },
    accept: {
      price: (price: string) => `Take it for ${price}`,
      fewer: (count: number) => (count === 1 ? 'Take the last one' : `Take ${formatNumber(count)}`),
      remove: 'Leave it out',
    },
    elsewhere: 'This was seen to in another tab.',
  },

  purchase: {
    title: 'Your order',
    sending: 'Placing your order…',
    busy: 'The shop is very busy. Nothing was bought yet; we’re trying again.',
    unknown:
      'We couldn’t reach one of our stores, and don’t know yet whether your order went through. We keep asking for this same order: you won’t be charged twice.',
    offline:
      'You’re offline. As soon as you’re back, we’ll ask what became of this order: you won’t be charged twice.',
    old: (when: string) =>
      `You placed this order on ${when}, and its answer never reached you. Finish it now: if it went through then, you’ll see that order, and you won’t be charged twice.`,
    finish: 'Finish the order',
    tryNow: 'Try now',
    giveUp: 'Stop, and change the basket',
    givenUp: 'Stopped. Nothing was bought.',
    refused: (detail: string) => `The shop can’t take this order. Nothing was bought. ${detail}`,
  },

  order: {
    title: 'Order',
    receipt: 'Receipt',
    number: 'Number',
    placedAt: 'Placed',
    status: 'State',
    book: 'Book',
    quantity: 'Copies',
    unitPrice: 'Each',
    lineTotal: 'Sum',
    total: 'Total',
    where: 'Sold by our store in',
    keep: 'This address is your receipt: keep it, print it, or open it on another device. Whoever has it can see and cancel the order.',
    print: 'Print',
    copy: 'Copy the address',
    copied: 'Copied.',
    addToMine: 'Keep it in this browser',
    kept: 'Kept.',
    thanks: 'Thank you. Your order is placed.',
    cancel: 'Cancel the order',
    cancelling: 'Cancelling…',
    cancelTitle: 'Cancel this order?',
    cancelQuestion: (count: number) =>
      `${copies(count)} would go back on the shelf, where someone else may be waiting. This can’t be undone.`,
    cancelYes: 'Yes, cancel it',
    cancelNo: 'No, keep it',
    cancelled: 'The order is cancelled.',
    cancelFailed:
      'We couldn’t reach one of our stores. The order may not be cancelled yet; try again.',
    loading: 'Fetching the order',
    unknown: 'There is no such order.',
    unknownHint: 'Look whether its address is whole.',
    failed: 'The order couldn’t be fetched.',
    savedState: 'This is how it was when this browser last saw it.',
    statuses: {
      placed: 'placed',
      cancelled: 'cancelled',
      disputed: 'being looked into',
    },
    disputedHint:
      'Two of our stores took different orders of yours at the same time. Both stand for now; someone is looking into it.',
  },

  orders: {
    title: 'My orders',
    hint: 'What was bought in this browser. There are no accounts: keep the address of an order to see it elsewhere.',
    empty: 'Nothing was bought in this browser yet.',
    emptyWay: 'Find something to read',
    more: (count: number) => `and ${books(count)} more`,
  },

  unknownPage: {
    title: 'There is no such page.',
    hint: 'Perhaps a letter is missing in the address.',
    way: 'To the first page',
  },
};
