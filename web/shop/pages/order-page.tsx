import type { JSX } from 'preact';
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber, formatPrice, formatTime } from '../../common/format.js';
import { go, hrefOf } from '../../common/router.js';
import type { Order } from '../../common/types.js';
import { copiesIn } from '../basket.js';
import { cancelOrder, fetchOrder, isKept, keepOrder, orders } from '../orders.js';
import { Empty, Heading, Page } from '../parts/page.js';
import { finished } from '../purchase.js';
import { shop } from '../texts.js';

/** The order that was placed a moment ago: it is thanked for. */
const placedNow = signal<string | undefined>(undefined);

/** Goes to the receipt of an order that was placed just now. */
export function showOrder(order: Order): void {
  placedNow.value = order.id;
  go(addressOf(order.id), { replace: true });
}

export const addressOf = (id: string): string => hrefOf(`order/${encodeURIComponent(id)}`);

type State = 'loading' | 'failed' | 'unknown' | 'ready';

export function OrderPage({ id }: { readonly id: string }): JSX.Element {
  const [fetched, setFetched] = useState<Order>();
  const [state, setState] = useState<State>('loading');
  const [tries, setTries] = useState(0);
  const order = fetched ?? orders.value.find((kept) => kept.id === id);

  useEffect(() => {
    let isWanted = true;
    const show = async () => {
      const outcome = await fetchOrder(id);
      if (!isWanted) return;
      if (outcome.kind === 'answer') setFetched(outcome.body);
      const isUnknown = outcome.kind === 'problem' && outcome.problem.status < 500;
      setState(outcome.kind === 'answer' ? 'ready' : isUnknown ? 'unknown' : 'failed');
    };
    setState('loading');
    void show();
    return () => {
      isWanted = false;
    };
  }, [id, tries]);

  useEffect(() => {
    // It is told of by being here.
    const ending = finished.value?.ending;
    if (ending?.kind === 'placed' && ending.order.id === id) finished.value = null;
  }, [id]);

  if (order !== undefined) {
    return <Receipt order={order} isOld={state === 'failed'} onChange={setFetched} />;
  }
  if (state === 'loading' || state === 'ready') {
    return (
      <Page kind="narrow" name={shop.order.title}>
        <Heading class="unseen">{shop.order.loading}</Heading>
        <div class="receipt card--expected" aria-hidden="true">
          <span class="bar bar--title" />
          <span class="bar bar--short" />
          <span class="bar" />
          <span class="bar" />
        </div>
      </Page>
    );
  }
  const title = state === 'unknown' ? shop.order.unknown : shop.order.failed;
  return (
    <Page kind="narrow" name={title}>
      <Heading class="unseen">{title}</Heading>
      <Empty title={title} hint={state === 'unknown' ? shop.order.unknownHint : undefined}>
        {state === 'failed' && (
          <button type="button" class="button" onClick={() => setTries(tries + 1)}>
            {shop.home.retry}
          </button>
        )}
      </Empty>
    </Page>
  );
}

interface ReceiptProps {
  readonly order: Order;
  readonly isOld: boolean;
  readonly onChange: (order: Order) => void;
}

function Receipt({ order, isOld, onChange }: ReceiptProps): JSX.Element {
  const { id, items, total, currency, region, createdAt, status } = order;
  return (
    <Page kind="narrow" name={shop.order.title}>
      {placedNow.value === id && status === 'placed' && (
        <p class="thanks" role="status">
          <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d="m4 12.5 5.5 5.5L20 6.5" />
          </svg>
          {shop.order.thanks}
        </p>
      )}
      <article class="receipt">
        <header class="receipt__head">
          <Heading>{shop.order.receipt}</Heading>
          <p class="receipt__shop">{shop.name}</p>
        </header>
        {isOld && <p class="said said--warning">{shop.order.savedState}</p>}
        <dl class="facts">
          <dt>{shop.order.number}</dt>
          <dd class="receipt__number">{id}</dd>
          <dt>{shop.order.placedAt}</dt>
          <dd>
            <time dateTime={createdAt}>{formatTime(createdAt)}</time>
          </dd>
          <dt>{shop.order.status}</dt>
          <dd>
            <span role="status">
              <Status status={status} />
            </span>
          </dd>
        </dl>
        {status === 'disputed' && <p class="said said--warning">{shop.order.disputedHint}</p>}
        <table class="items">
          <thead>
            <tr>
              <th scope="col">{shop.order.book}</th>
              <th scope="col" class="number">
                {shop.order.quantity}
              </th>
              <th scope="col" class="number items__each">
                {shop.order.unitPrice}
              </th>
              <th scope="col" class="number">
                {shop.order.lineTotal}
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.bookId}>
                <th scope="row">
                  <a href={hrefOf(`book/${item.bookId}`)} dir="auto">
                    {item.title}
                  </a>
                </th>
                <td class="number">{formatNumber(item.quantity)}</td>
                <td class="number items__each">{formatPrice(item.unitPrice, currency)}</td>
                <td class="number">{formatPrice(item.total, currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p class="total">
          <span>{shop.order.total}</span>
          <span class="price total__sum">{formatPrice(total, currency)}</span>
        </p>
        <p class="quiet small">
          {shop.order.where} {region}.
        </p>
      </article>
      <div class="receipt__ways">
        <p class="quiet small">{shop.order.keep}</p>
        <Ways order={order} onChange={onChange} />
      </div>
    </Page>
  );
}

export const Status = ({ status }: Pick<Order, 'status'>): JSX.Element => (
  <span class={`status status--${status}`}>{shop.order.statuses[status]}</span>
);

function Ways({ order, onChange }: Omit<ReceiptProps, 'isOld'>): JSX.Element {
  const [said, setSaid] = useState('');
  const [isCancelling, setIsCancelling] = useState(false);
  const question = useRef<HTMLDialogElement>(null);
  const canCopy = 'clipboard' in navigator;

  const cancel = async () => {
    question.current?.close();
    setIsCancelling(true);
    setSaid(shop.order.cancelling);
    const outcome = await cancelOrder(order.id);
    setIsCancelling(false);
    if (outcome.kind === 'answer') onChange(outcome.body);
    setSaid(outcome.kind === 'answer' ? shop.order.cancelled : shop.order.cancelFailed);
  };

  return (
    <>
      <p class="ways">
        <button type="button" class="button" onClick={() => print()}>
          {shop.order.print}
        </button>
        {canCopy && (
          <button
            type="button"
            class="button"
            onClick={() =>
              void navigator.clipboard.writeText(location.href).then(
                () => setSaid(shop.order.copied),
                () => {},
              )
            }
          >
            {shop.order.copy}
          </button>
        )}
        {!isKept(order.id) && (
          <button
            type="button"
            class="button"
            onClick={() => {
              keepOrder(order);
              setSaid(shop.order.kept);
            }}
          >
            {shop.order.addToMine}
          </button>
        )}
        {order.status !== 'cancelled' && (
          <button
            type="button"
            class="button button--warning"
            disabled={isCancelling}
            onClick={() => question.current?.showModal()}
          >
            {shop.order.cancel}
          </button>
        )}
      </p>
      <p role="status" class="ways__said">
        {said}
      </p>
      <dialog ref={question} class="question" aria-labelledby="question">
        <h2 id="question">{shop.order.cancelTitle}</h2>
        <p>{shop.order.cancelQuestion(copiesIn(order.items))}</p>
        <p class="ways">
          <button type="button" class="button" onClick={() => question.current?.close()}>
            {shop.order.cancelNo}
          </button>
          <button type="button" class="button button--warning" onClick={() => void cancel()}>
            {shop.order.cancelYes}
          </button>
        </p>
      </dialog>
    </>
  );
}
