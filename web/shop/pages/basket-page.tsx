import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../../common/api.js';
import { formatPrice } from '../../common/format.js';
import { hrefOf } from '../../common/router.js';
import type { Book } from '../../common/types.js';
import {
  acceptChange,
  acceptChanges,
  changeOf,
  copiesIn,
  lines as basketLines,
  markChanges,
  removeLine,
  setQuantity,
  type Change,
  type Line,
} from '../basket.js';
import { Cover } from '../cover/cover.js';
import { Empty, Heading, Page } from '../parts/page.js';
import { PurchaseState, wordsOf } from '../parts/purchase-state.js';
import { changeWords } from '../parts/change-words.js';
import { Quantity } from '../parts/quantity.js';
import { buyBasket, finished, pending, progress, seeThrough } from '../purchase.js';
import { showOrder } from './order-page.js';
import { shop } from '../texts.js';

export function BasketPage(): JSX.Element {
  const purchase = pending.value;
  const isFrozen = purchase !== null || progress.value.kind !== 'idle';
  const lines = purchase?.lines ?? basketLines.value;
  const [said, setSaid] = useState<string>();
  const problems = useRef<HTMLDivElement>(null);
  const changed = isFrozen ? [] : lines.filter(({ change }) => change !== undefined);

  useEffect(() => {
    if (pending.value === null) void findChanges();
  }, []);

  const done = finished.value;
  useEffect(() => {
    if (done === null) return;
    finished.value = null;
    const { ending } = done;
    if (ending.kind === 'placed') showOrder(ending.order);
    else setSaid(wordsOf(ending));
    if (ending.kind === 'changed') problems.current?.focus();
  }, [done]);

  if (lines.length === 0) {
    return (
      <Page kind="narrow" name={shop.basket.title}>
        <Heading>{shop.basket.title}</Heading>
        {said !== undefined && <p class="said">{said}</p>}
        <Empty title={shop.basket.empty}>
          <a class="button" href={hrefOf('')}>
            {shop.basket.emptyWay}
          </a>
        </Empty>
      </Page>
    );
  }
  return (
    <Page kind="narrow" name={shop.basket.title}>
      <Heading>{purchase === null ? shop.basket.title : shop.purchase.title}</Heading>
      <div ref={problems} tabIndex={-1} class="problems" role="alert">
        {changed.length > 0 && (
          <>
            <h2>{shop.basket.problem}</h2>
            <p>{shop.basket.problemHint}</p>
            {changed.length > 1 && (
              <button type="button" class="button" onClick={acceptChanges}>
                {shop.basket.acceptAll}
              </button>
            )}
          </>
        )}
      </div>
      <ul class="lines">
        {lines.map((line) => (
          <li key={line.bookId} class="line">
            <Row line={line} isFrozen={isFrozen} />
          </li>
        ))}
      </ul>
      <Total lines={lines} />
      <div class="checkout">
        <PurchaseState onFinish={seeThrough} />
        {said !== undefined && (
          <p class="said said--warning" role="alert">
            {said}
          </p>
        )}
        {!isFrozen && (
          <>
            <button
              type="button"
              class="button button--main checkout__place"
              disabled={changed.length > 0}
              onClick={() => {
                setSaid(undefined);
                buyBasket();
              }}
            >
              {shop.basket.place}
            </button>
            <p class="quiet small">{shop.basket.promise}</p>
          </>
        )}
      </div>
    </Page>
  );
}

/** Looks what has changed since the books were put in, before the store has to say no. */
async function findChanges(): Promise<void> {
  await Promise.all(
    basketLines.value.map(async (line) => {
      const outcome = await call<Book>(`info/${line.bookId}`);
      if (outcome.kind === 'problem' && outcome.problem.kind === 'unknown-book') {
        markChanges(new Map([[line.bookId, { kind: 'unknown' }]]));
      }
      const change = outcome.kind === 'answer' ? changeOf(line, outcome.body) : undefined;
      if (change !== undefined) markChanges(new Map([[line.bookId, change]]));
    }),
  );
}

function Row({ line, isFrozen }: { readonly line: Line; readonly isFrozen: boolean }): JSX.Element {
  const { bookId, title, authors, quantity, unitPrice, currency, change } = line;
  return (
    <>
      <a class="line__cover" href={hrefOf(`book/${bookId}`)} tabIndex={-1} aria-hidden="true">
        <Cover book={{ id: bookId, title, authors }} />
      </a>
      <div class="line__text">
        <a class="line__title" href={hrefOf(`book/${bookId}`)} dir="auto">
          {title}
        </a>
        <p class="quiet small">
          <bdi>{authors.join(', ')}</bdi>
        </p>
        <p class="small">{shop.basket.each(formatPrice(unitPrice, currency))}</p>
      </div>
      <div class="line__quantity">
        {isFrozen ? (
          <span>× {quantity}</span>
        ) : (
          <>
            <Quantity
              label={shop.basket.quantityOf(title)}
              isLabelSeen={false}
              value={quantity}
              onChange={(copies) => setQuantity(bookId, copies)}
            />
            <button
              type="button"
              class="button button--quiet"
              aria-label={shop.basket.removeTitle(title)}
              onClick={() => removeLine(bookId)}
            >
              {shop.basket.remove}
            </button>
          </>
        )}
      </div>
      <p class="line__sum price">{formatPrice(unitPrice * quantity, currency)}</p>
      {change && !isFrozen && (
        <div class="line__change">
          <p>{changeWords(change, line, shop.basket.change)}</p>
          <button type="button" class="button" onClick={() => acceptChange(bookId)}>
            {acceptWords(change, line)}
          </button>
        </div>
      )}
    </>
  );
}

function acceptWords(change: Change, { currency }: Line): string {
  const words = shop.basket.accept;
  if (change.kind === 'price') return words.price(formatPrice(change.price, currency));
  const hasSome = change.kind === 'too-few' && change.available > 0;
  return hasSome ? words.fewer(change.available) : words.remove;
}

/** The store has one currency; should a basket hold two, each has its own sum. */
function Total({ lines }: { readonly lines: readonly Line[] }): JSX.Element {
  const sums = new Map<string, number>();
  for (const { currency, unitPrice, quantity } of lines) {
    sums.set(currency, (sums.get(currency) ?? 0) + unitPrice * quantity);
  }
  return (
    <p class="total">
      <span>
        {shop.basket.total} <span class="quiet small">({shop.copies(copiesIn(lines))})</span>
      </span>
      <span class="price total__sum">
        {[...sums].map(([currency, sum]) => formatPrice(sum, currency)).join(' + ')}
      </span>
    </p>
  );
}
