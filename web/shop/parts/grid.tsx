/** A wall of covers. */
import type { JSX } from 'preact';
import { hrefOf } from '../../common/router.js';
import type { Book } from '../../common/types.js';
import { Cover } from '../cover/cover.js';
import { levelOf, Price, stockWords } from './price.js';

/** The arrow keys go from cover to cover, as the eye does. */
function moveFocus(event: JSX.TargetedKeyboardEvent<HTMLElement>): void {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 0, ArrowDown: 0 };
  if (!(event.key in steps)) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('.card__link')];
  const from = links.indexOf(document.activeElement as HTMLElement);
  if (from < 0) return;
  const top = links[0]?.getBoundingClientRect().top;
  const columns = links.filter((link) => link.getBoundingClientRect().top === top).length;
  const step =
    { ...steps, ArrowUp: -columns, ArrowDown: columns }[event.key as keyof typeof steps] *
    (event.key.length > 7 && getComputedStyle(event.currentTarget).direction === 'rtl' ? -1 : 1);
  const to = links[from + step];
  if (to) {
    event.preventDefault();
    to.focus();
  } else if (event.key === 'ArrowUp') {
    event.preventDefault();
    document.querySelector<HTMLElement>('input[type="search"]')?.focus();
  }
}

interface GridProps {
  readonly books: readonly Book[];
  /** How many more are expected: their places are there already. */
  readonly expected: number;
  /** They are what was found before, and others are being looked for. */
  readonly isOld: boolean;
}

export const Grid = ({ books, expected, isOld }: GridProps): JSX.Element => (
  <ul class={isOld ? 'grid grid--old' : 'grid'} onKeyDown={moveFocus}>
    {books.map((book) => (
      <li key={book.id} class="card">
        <Card book={book} />
      </li>
    ))}
    {Array.from({ length: expected }, (_, index) => (
      <li key={`expected-${index}`} class="card card--expected" aria-hidden="true">
        <span class="card__cover" />
        <span class="bar" />
        <span class="bar bar--short" />
      </li>
    ))}
  </ul>
);

function Card({ book }: { readonly book: Book }): JSX.Element {
  const level = levelOf(book);
  return (
    <a class="card__link" href={hrefOf(`book/${book.id}`)}>
      <span class="card__cover">
        <Cover book={book} />
      </span>
      <span class="card__title" dir="auto">
        {book.title}
      </span>
      <span class="card__author" dir="auto">
        {book.authors.slice(0, 3).join(', ')}
      </span>
      <span class="card__foot">
        <Price book={book} />
        {level !== 'many' && <span class={`stock stock--${level}`}>{stockWords(book)}</span>}
      </span>
    </a>
  );
}
