/** One quiet line where something is out of order; nothing else changes. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { reach } from '../../common/api.js';
import { hrefOf, place } from '../../common/router.js';
import { health, watchHealth } from '../health.js';
import { pending } from '../purchase.js';
import { shop } from '../../texts.js';

export function Notice(): JSX.Element {
  useEffect(watchHealth, []);
  const text = textOf();
  const isElsewhere = !['basket', 'book'].includes(place().path.split('/')[0] as string);
  return (
    <div class="notices" role="status">
      {text !== undefined && <p class="notice">{text}</p>}
      {pending.value !== null && isElsewhere && (
        <p class="notice notice--strong">
          {shop.notice.purchase} <a href={hrefOf('basket')}>{shop.notice.seePurchase}</a>
        </p>
      )}
    </div>
  );
}

function textOf(): string | undefined {
  const { isOffline, isStale } = reach.value;
  if (isOffline) return shop.notice.offline;
  if (health.value === 'down') return shop.notice.down;
  if (isStale) return shop.notice.stale;
  return health.value === 'degraded' ? shop.notice.degraded : undefined;
}
