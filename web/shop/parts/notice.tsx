/** One quiet line where something is out of order; nothing else changes. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { reach } from '../../common/api.js';
import { hrefOf, place } from '../../common/router.js';
import { health, watchHealth } from '../health.js';
import { finished, pending, type Purchase } from '../purchase.js';
import { shop } from '../texts.js';

export function Notice(): JSX.Element {
  useEffect(watchHealth, []);
  const { path } = place();
  const text = textOf();
  const news = path === 'basket' ? undefined : newsOf();
  return (
    <div class="notices" role="status">
      {text !== undefined && <p class="notice">{text}</p>}
      {news && (
        <p class="notice">
          {news.text} <a href={news.href}>{news.way}</a>
        </p>
      )}
    </div>
  );
}

/** Of a purchase whose page was left. */
function newsOf():
  | { readonly text: string; readonly way: string; readonly href: string }
  | undefined {
  const { notice } = shop;
  if (pending.value !== null) {
    const isHere = !pending.value.isOfBasket && place().path === pageOf(pending.value);
    if (isHere) return undefined;
    return { text: notice.purchase, way: notice.seePurchase, href: hrefOf('basket') };
  }
  const done = finished.value;
  if (done === null) return undefined;
  if (done.ending.kind === 'placed') {
    const href = hrefOf(`order/${encodeURIComponent(done.ending.order.id)}`);
    return { text: notice.placed, way: notice.seeOrder, href };
  }
  const href = hrefOf(done.isOfBasket ? 'basket' : pageOf(done));
  return { text: notice.notPlaced, way: notice.seeWhy, href };
}

/** Where one book is bought at once. */
const pageOf = ({ lines: [line] }: Pick<Purchase, 'lines'>): string => `book/${line?.bookId}`;

function textOf(): string | undefined {
  const { isOffline, isStale } = reach.value;
  if (isOffline) return shop.notice.offline;
  if (health.value === 'down') return shop.notice.down;
  if (isStale) return shop.notice.stale;
  return health.value === 'degraded' ? shop.notice.degraded : undefined;
}
