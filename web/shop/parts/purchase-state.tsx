/** What is being done about the purchase that has no answer yet, in a buyer's words. */
import type { JSX } from 'preact';
import { formatTime } from '../../common/format.js';
import { giveUp, isFresh, pending, progress, tryNow, type Ending } from '../purchase.js';
import { shop } from '../texts.js';

interface Props {
  /** Sees a purchase of another day through. */
  readonly onFinish: () => void;
}

export function PurchaseState({ onFinish }: Props): JSX.Element | null {
  const purchase = pending.value;
  const now = progress.value;
  if (now.kind === 'idle') {
    if (purchase === null || isFresh(purchase)) return null;
    return (
      <div class="state state--asks">
        <p>{shop.purchase.old(formatTime(purchase.begunAt))}</p>
        <button type="button" class="button button--main" onClick={() => onFinish()}>
          {shop.purchase.finish}
        </button>
      </div>
    );
  }
  const isWaiting = now.kind === 'waiting';
  return (
    <div class={`state state--${isWaiting ? 'waits' : 'works'}`}>
      <p role="status" class="state__text">
        <span class="spinner" aria-hidden="true" />
        <span>{isWaiting ? shop.purchase[now.reason] : shop.purchase.sending}</span>
      </p>
      {isWaiting && (
        <p class="state__ways">
          <button type="button" class="button button--quiet" onClick={tryNow}>
            {shop.purchase.tryNow}
          </button>
          {purchase?.isUncertain === false && (
            <button type="button" class="button button--quiet" onClick={giveUp}>
              {shop.purchase.giveUp}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** What to say of an ending that leaves the reader where they are. */
export function wordsOf(ending: Ending): string | undefined {
  if (ending.kind === 'refused') return shop.purchase.refused(ending.problem.detail);
  if (ending.kind === 'given-up') return shop.purchase.givenUp;
  return ending.kind === 'elsewhere' ? shop.basket.elsewhere : undefined;
}
