import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from '../../common/api.js';
import { hrefOf } from '../../common/router.js';
import type { Book, BookPage as BookPageOfStore } from '../../common/types.js';
import { whileVisible } from '../../common/visible.js';
import { addToBasket, lineOf } from '../basket.js';
import { Cover } from '../cover/cover.js';
import { splitTitle } from '../cover/design.js';
import { Grid } from '../parts/grid.js';
import { Empty, Heading, Page } from '../parts/page.js';
import { levelOf, Price, stockWords } from '../parts/price.js';
import { PurchaseState, wordsOf } from '../parts/purchase-state.js';
import { changeWords } from '../parts/change-words.js';
import { Quantity } from '../parts/quantity.js';
import { buyNow, finished, pending, progress, seeThrough } from '../purchase.js';
import { showOrder } from './order-page.js';
import { shop } from '../texts.js';

/** How soon a sale by others shows. Nothing changed costs the store one read of its cache. */
const usualPauseMs = 3000;
const pauseAfterFailureMs = 6000;
const shelfSize = 6;

type State = Book | 'loading' | 'failed' | 'unknown';

export function BookPage({ id }: { readonly id: number }): JSX.Element {
  const [state, refresh] = useBook(id);
  if (state === 'loading') return <Loading />;
  if (typeof state === 'string') {
    const isUnknown = state === 'unknown';
    const title = isUnknown ? shop.book.unknown : shop.book.failed;
    return (
      <Page kind="narrow" name={title}>
        <Heading class="unseen">{title}</Heading>
        <Empty title={title} hint={isUnknown ? shop.book.unknownHint : undefined}>
          {isUnknown ? (
            <a class="button" href={hrefOf('')}>
              {shop.book.back}
            </a>
          ) : (
            <button type="button" class="button" onClick={refresh}>
              {shop.home.retry}
            </button>
          )}
        </Empty>
      </Page>
    );
  }
  return <Shown book={state} refresh={refresh} />;
}

/** A book as it is now, and as it changes: asked for again with its ETag, unless the tab is hidden. */
function useBook(id: number): [State, () => void] {
  const [state, setState] = useState<State>('loading');
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let etag: string | null = null;
    return whileVisible(async (signal) => {
      const headers = etag === null ? {} : { 'If-None-Match': etag };
      const outcome = await call<Book>(`info/${id}`, { headers, signal });
      if (outcome.kind === 'answer') {
        etag = outcome.etag;
        setState(outcome.body);
      }
      if (outcome.kind === 'unchanged') return usualPauseMs;
      if (outcome.kind === 'problem' && outcome.problem.kind === 'unknown-book') {
        setState('unknown');
      } else if (outcome.kind !== 'answer') {
        // What is known of it is better than nothing.
        setState((before) => (typeof before === 'string' ? 'failed' : before));
        return pauseAfterFailureMs;
      }
      return usualPauseMs;
    });
  }, [id, asked]);
  return [state, () => setAsked((times) => times + 1)];
}

const Loading = (): JSX.Element => (
  <Page kind="book" name={undefined}>
    <Heading class="unseen">{shop.book.loading}</Heading>
    <div class="book" aria-hidden="true">
      <div class="book__cover card--expected">
        <span class="card__cover" />
      </div>
      <div class="book__head card--expected">
        <span class="bar bar--title" />
        <span class="bar bar--short" />
      </div>
      <div class="book__buy card--expected">
        <span class="bar bar--title" />
        <span class="bar bar--short" />
      </div>
    </div>
  </Page>
);

function Shown({ book, refresh }: { readonly book: Book; readonly refresh: () => void }) {
  const title = splitTitle(book.title);
  return (
    <Page kind="book" name={book.title}>
      <article class="book">
        <div class="book__cover" id="cover">
          <Cover book={book} />
        </div>
        <div class="book__head">
          <Heading class="book__title" dir="auto" lang={book.language}>
            {title.main}
            {title.rest !== undefined && <span class="book__rest">{title.rest}</span>}
          </Heading>
          <p class="book__authors">
            <span class="quiet">{shop.by} </span>
            {book.authors.map((author, index) => (
              <>
                {index > 0 && ', '}
                <bdi key={author}>{author}</bdi>
              </>
            ))}
          </p>
        </div>
        <Buying book={book} refresh={refresh} />
        <div class="book__text">
          {book.description !== undefined && (
            <div class="book__description" dir="auto" lang={book.language}>
              {book.description.split(/\n{2,}/).map((paragraph, index) => (
                <p key={index}>{paragraph}</p>
              ))}
            </div>
          )}
          <Facts book={book} />
        </div>
      </article>
      <Shelf book={book} />
    </Page>
  );
}

/** Others of its topic: a way on for whoever wants another. */
function Shelf({ book: { id, topic } }: { readonly book: Book }): JSX.Element | null {
  const [books, setBooks] = useState<readonly Book[]>([]);
  useEffect(() => {
    let isWanted = true;
    const fetchBooks = async () => {
      const query = new URLSearchParams({ topic, limit: String(shelfSize + 1) });
      const outcome = await call<BookPageOfStore>(`search?${query}`);
      const found = outcome.kind === 'answer' ? outcome.body.books : [];
      if (isWanted) setBooks(found.filter((other) => other.id !== id).slice(0, shelfSize));
    };
    void fetchBooks();
    return () => {
      isWanted = false;
    };
  }, [id, topic]);
  if (books.length === 0) return null;
  return (
    <section class="shelf" aria-labelledby="shelf">
      <h2 id="shelf">
        {shop.book.moreOf} <bdi>{topic}</bdi>
      </h2>
      <Grid books={books} expected={0} isOld={false} />
    </section>
  );
}

function Facts({ book }: { readonly book: Book }): JSX.Element {
  const { topic, year, isbn, language } = book;
  const languageName = language && new Intl.DisplayNames(['en'], { type: 'language' }).of(language);
  return (
    <dl class="facts">
      <dt>{shop.book.topic}</dt>
      <dd>
        <a href={hrefOf('', { topic })} dir="auto">
          {topic}
        </a>
      </dd>
      {year !== undefined && (
        <>
          <dt>{shop.book.year}</dt>
          <dd>{year < 0 ? shop.book.yearBefore(year) : year}</dd>
        </>
      )}
      {languageName !== undefined && (
        <>
          <dt>{shop.book.language}</dt>
          <dd>{languageName}</dd>
        </>
      )}
      {isbn !== undefined && (
        <>
          <dt>{shop.book.isbn}</dt>
          <dd>{isbn}</dd>
        </>
      )}
    </dl>
  );
}

function Buying({ book, refresh }: { readonly book: Book; readonly refresh: () => void }) {
  const [wanted, setWanted] = useState(1);
  const [said, setSaid] = useState<{ readonly text: string; readonly isWarning: boolean }>();
  const [isInBasket, setIsInBasket] = useState(false);
  const level = levelOf(book);
  const isForSale = level === 'many' || level === 'few';
  const quantity = Math.max(1, Math.min(wanted, book.stock));
  const isBusy = progress.value.kind !== 'idle' || pending.value !== null;

  const done = finished.value;
  useEffect(() => {
    // What became of a basket is told elsewhere.
    if (done === null || done.isOfBasket || done.lines[0]?.bookId !== book.id) return;
    finished.value = null;
    const { ending } = done;
    if (ending.kind === 'placed') {
      showOrder(ending.order);
      return;
    }
    refresh();
    const change = ending.kind === 'changed' ? ending.changes.get(book.id) : undefined;
    const text = change
      ? changeWords(change, { ...book, unitPrice: book.price }, shop.book.changed)
      : wordsOf(ending);
    setSaid(text === undefined ? undefined : { text, isWarning: true });
  }, [done]);

  return (
    <section class="book__buy" aria-label={shop.book.buy}>
      <p class="book__price">
        <Price book={book} />
      </p>
      <p class={`stock stock--${level} book__stock`} role="status">
        <span class="tick" key={book.stock}>
          {stockWords(book)}
        </span>
      </p>
      {isForSale ? (
        <>
          <Quantity
            label={shop.book.quantity}
            isLabelSeen
            value={quantity}
            isDisabled={isBusy}
            onChange={setWanted}
          />
          <button
            type="button"
            class="button"
            disabled={isBusy}
            onClick={() => {
              const isAdded = addToBasket(book, quantity);
              setIsInBasket(isAdded);
              setSaid({
                text: isAdded ? shop.book.added(quantity, book.title) : shop.book.basketFull,
                isWarning: !isAdded,
              });
              if (isAdded) flyToBasket();
            }}
          >
            {shop.book.add}
          </button>
          <button
            type="button"
            class="button button--main"
            disabled={isBusy}
            onClick={() => {
              setSaid(undefined);
              buyNow(lineOf(book, quantity));
            }}
          >
            {shop.book.buy}
          </button>
        </>
      ) : (
        <p class="quiet">{level === 'none' ? shop.book.soldOutHint : shop.book.notForSaleHint}</p>
      )}
      <PurchaseState onFinish={seeThrough} />
      <div role="status" class="book__said">
        {said && (
          <p class={said.isWarning ? 'said said--warning' : 'said'}>
            <bdi>{said.text}</bdi>{' '}
            {isInBasket && !said.isWarning && <a href={hrefOf('basket')}>{shop.book.see}</a>}
          </p>
        )}
      </div>
    </section>
  );
}

/** The cover goes where it can be found again. */
function flyToBasket(): void {
  const cover = document.querySelector('#cover svg');
  const basket = document.querySelector('[data-basket]');
  if (!cover || !basket || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const from = cover.getBoundingClientRect();
  const to = basket.getBoundingClientRect();
  const flying = cover.cloneNode(true) as SVGElement;
  flying.classList.add('flying');
  flying.style.left = `${from.left}px`;
  flying.style.top = `${from.top}px`;
  flying.style.width = `${from.width}px`;
  document.body.append(flying);
  const way = `translate(${to.left + to.width / 2 - from.left - from.width / 2}px, ${
    to.top + to.height / 2 - from.top - from.height / 2
  }px) scale(0.06)`;
  const flight = flying.animate([{ opacity: 1 }, { transform: way, opacity: 0.5 }], {
    duration: 520,
    easing: 'cubic-bezier(0.5, 0, 0.7, 0.4)',
  });
  for (const end of ['finish', 'cancel']) flight.addEventListener(end, () => flying.remove());
}
