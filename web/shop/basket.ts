/** What the reader means to buy, and what has changed of it since. */
import { computed } from '@preact/signals';
import type { Book } from '../common/types.js';
import { stored } from '../common/stored.js';

export const mostBooks = 25;
export const mostCopies = 100;

export interface Line {
  readonly bookId: number;
  readonly title: string;
  readonly authors: readonly string[];
  readonly currency: string;
  readonly quantity: number;
  /** The price that the reader saw, and agrees to pay. */
  readonly unitPrice: number;
  /** What the store said against it. */
  readonly change?: Change;
}

/** Why a line can't be bought as it is. */
export type Change =
  | { readonly kind: 'price'; readonly price: number }
  | { readonly kind: 'too-few'; readonly available: number }
  | { readonly kind: 'not-for-sale' }
  | { readonly kind: 'unknown' };

const isLine = (value: unknown): boolean => {
  const line = value as Partial<Line> | null;
  return (
    Number.isInteger(line?.bookId) &&
    Number.isInteger(line?.quantity) &&
    Number.isInteger(line?.unitPrice) &&
    typeof line?.title === 'string' &&
    typeof line.currency === 'string' &&
    Array.isArray(line.authors)
  );
};

interface Basket {
  /**
   * Of the purchase of just these copies: made anew whenever they change, and there before anybody
   * buys. So the same basket in two tabs is one purchase (design U7).
   */
  readonly key: string;
  readonly lines: readonly Line[];
}

const basket = stored<Basket>('basket', { key: '', lines: [] }, (value) => {
  const { key, lines: all } = (value ?? {}) as Partial<Basket>;
  return typeof key === 'string' && Array.isArray(all) && all.every(isLine);
});

export const lines = computed(() => basket.signal.value.lines);

/** The key of a purchase: 144 random bits. (`crypto.randomUUID` is there over HTTPS only.) */
export const newKey = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))))
    .replaceAll('+', '-')
    .replaceAll('/', '_');

/** The basket as it is in all tabs at this moment. */
export function currentBasket(): Basket {
  basket.update((now) => now);
  return basket.signal.value;
}

/** For a key that the store takes no more: it may be that of another purchase. */
export const renewKey = (): void => basket.update((now) => ({ ...now, key: newKey() }));

function changeLines(change: (all: readonly Line[]) => readonly Line[]): void {
  basket.update(({ key, lines: all }) => {
    const changed = change(all);
    return { key: contentOf(changed) === contentOf(all) ? key : newKey(), lines: changed };
  });
}

/** What the store tells purchases apart by: the price is no part of it. */
const contentOf = (all: readonly Line[]): string =>
  all.map(({ bookId, quantity }) => `${bookId}*${quantity}`).join();

export const copiesIn = (all: readonly Pick<Line, 'quantity'>[]): number =>
  all.reduce((sum, { quantity }) => sum + quantity, 0);

export const lineOf = (book: Book, quantity: number): Line => ({
  bookId: book.id,
  title: book.title,
  authors: book.authors,
  currency: book.currency,
  quantity,
  unitPrice: book.price,
});

/** @returns false where the basket holds as many different books as one order may. */
export function addToBasket(book: Book, quantity: number): boolean {
  let isAdded = true;
  changeLines((all) => {
    const there = all.find(({ bookId }) => bookId === book.id);
    if (there === undefined && all.length >= mostBooks) {
      isAdded = false;
      return all;
    }
    const copies = Math.min(mostCopies, (there?.quantity ?? 0) + quantity);
    const line = lineOf(book, copies);
    return there === undefined ? [...all, line] : all.map((each) => (each === there ? line : each));
  });
  return isAdded;
}

export const setQuantity = (bookId: number, quantity: number): void =>
  changeLine(bookId, (line) => {
    const { change, ...rest } = line;
    const isMended = change?.kind === 'too-few' && quantity <= change.available;
    return { ...rest, quantity, ...(change && !isMended && { change }) };
  });

export const removeLine = (bookId: number): void => changeLine(bookId, () => undefined);

/** Agrees to what changed: the new price, the copies that are left, or that the book is gone. */
export const acceptChange = (bookId: number): void => changeLine(bookId, accept);

/** Agrees to all that changed. */
export const acceptChanges = (): void =>
  changeLines((all) => all.map(accept).filter((line) => line !== undefined));

function accept({ change, ...line }: Line): Line | undefined {
  if (change === undefined) return line;
  if (change.kind === 'price') return { ...line, unitPrice: change.price };
  if (change.kind === 'too-few' && change.available > 0) {
    return { ...line, quantity: Math.min(line.quantity, change.available) };
  }
  return undefined;
}

/** Marks what the store said of some of the books; the others' marks stay. */
export const markChanges = (changes: ReadonlyMap<number, Change>): void =>
  changeLines((all) =>
    all.map((line) => {
      const change = changes.get(line.bookId);
      return change === undefined ? line : { ...line, change };
    }),
  );

/** Takes out what was bought; what was put in meanwhile stays. */
export const takeOut = (bought: readonly Pick<Line, 'bookId' | 'quantity'>[]): void =>
  changeLines((all) =>
    all.flatMap((line) => {
      const { quantity: copies = 0 } = bought.find(({ bookId }) => bookId === line.bookId) ?? {};
      const quantity = line.quantity - copies;
      return quantity > 0 ? [{ ...line, quantity }] : [];
    }),
  );

function changeLine(bookId: number, change: (line: Line) => Line | undefined): void {
  changeLines((all) =>
    all.flatMap((line) => (line.bookId === bookId ? (change(line) ?? []) : [line])),
  );
}

/** What differs from a book as the store shows it now. */
export function changeOf(line: Line, book: Book): Change | undefined {
  if (!book.isListed) return { kind: 'not-for-sale' };
  if (book.price !== line.unitPrice) return { kind: 'price', price: book.price };
  if (book.stock < line.quantity) return { kind: 'too-few', available: book.stock };
  return undefined;
}
