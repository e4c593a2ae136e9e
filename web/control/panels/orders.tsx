/** The order log of all regions: disputes first, then the newest. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber, formatPrice, formatTime } from '../../common/format.js';
import type { Order } from '../../common/types.js';
import { adminCall, change } from '../admin-api.js';
import { saidOf, Saying, type Said } from '../parts/form.js';
import { Term } from '../parts/term.js';
import { control } from '../texts.js';
import { bookId, chooseBook, lookNow, status } from '../watch.js';

const { orders: texts } = control;
const pageSize = 100;

interface Filter {
  readonly status: Order['status'] | '';
  readonly region: string;
  readonly isOfBook: boolean;
}

export function OrdersPanel() {
  const [orders, setOrders] = useState<readonly Order[] | undefined>(undefined);
  const [next, setNext] = useState<string | undefined>(undefined);
  const [filter, setFilter] = useState<Filter>({ status: '', region: '', isOfBook: false });
  const [said, setSaid] = useState<Said | undefined>(undefined);
  const [isReading, setReading] = useState(false);
  /** The order of which it was asked whether it is to be cancelled. */
  const [asked, setAsked] = useState<string | undefined>(undefined);

  async function read(cursor?: string): Promise<void> {
    setReading(true);
    const after = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await adminCall<{ orders: Order[]; next?: string }>(
      `orders?limit=${pageSize}${after}`,
    );
    setReading(false);
    if (answer.kind !== 'answer') {
      setSaid(saidOf(answer));
      return;
    }
    const page = answer.body;
    setOrders((before) => (cursor === undefined ? page.orders : joined(before ?? [], page.orders)));
    setNext(page.next);
  }

  useEffect(() => void read(), []);

  async function cancel(id: string): Promise<void> {
    setAsked(undefined);
    const outcome = await change<Order>(`orders/${encodeURIComponent(id)}/cancel`);
    if (outcome.kind !== 'answer') {
      setSaid(saidOf(outcome));
      return;
    }
    setOrders((before) => before?.map((order) => (order.id === id ? outcome.body : order)));
    setSaid({ kind: 'done', words: texts.isCancelled(id) });
    void lookNow();
  }

  const shown = (orders ?? []).filter((order) => passes(order, filter, bookId.value));
  return (
    <section class="panel orders" aria-labelledby="orders-title">
      <header class="panel-head">
        <h2 id="orders-title">{texts.title}</h2>
        <Filters filter={filter} setFilter={setFilter} />
        <button
          type="button"
          class="button button--small"
          disabled={isReading}
          onClick={() => void read()}
        >
          {texts.refresh}
        </button>
      </header>
      <Saying said={said} />
      {orders === undefined ? (
        <p class="quiet">{texts.loading}</p>
      ) : shown.length === 0 ? (
        <p class="quiet">{orders.length === 0 ? texts.noneYet : texts.none}</p>
      ) : (
        <div class="table-frame is-low" tabIndex={0} role="group" aria-label={texts.title}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{texts.order}</th>
                <th scope="col">{texts.time}</th>
                <th scope="col">{texts.items}</th>
                <th scope="col" class="number">
                  {texts.total}
                </th>
                <th scope="col">{texts.region}</th>
                <th scope="col">{texts.status}</th>
                <th scope="col">
                  <span class="unseen">{texts.cancel}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {disputesFirst(shown).map((order) => (
                <OrderRow
                  key={order.id}
                  order={order}
                  isAsked={asked === order.id}
                  ask={setAsked}
                  cancel={(id) => void cancel(id)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {orders !== undefined && orders.length > 0 && (
        <p class="orders-foot small quiet">
          {texts.shown(formatNumber(shown.length), formatNumber(orders.length))}{' '}
          {next === undefined ? (
            texts.end
          ) : (
            <button
              type="button"
              class="button button--small"
              disabled={isReading}
              onClick={() => void read(next)}
            >
              {texts.more}
            </button>
          )}
        </p>
      )}
    </section>
  );
}

function Filters({
  filter,
  setFilter,
}: {
  readonly filter: Filter;
  readonly setFilter: (filter: Filter) => void;
}) {
  const regions = status.value?.regions.map(({ region }) => region) ?? [];
  return (
    <div class="filters small">
      <label>
        {texts.status}{' '}
        <select
          class="field field--small"
          value={filter.status}
          onChange={({ currentTarget: { value } }) =>
            setFilter({ ...filter, status: value as Filter['status'] })
          }
        >
          <option value="">{texts.all}</option>
          {(['disputed', 'placed', 'cancelled'] as const).map((one) => (
            <option key={one} value={one}>
              {texts[one]}
            </option>
          ))}
        </select>
      </label>
      <label>
        {texts.region}{' '}
        <select
          class="field field--small"
          value={filter.region}
          onChange={({ currentTarget: { value } }) => setFilter({ ...filter, region: value })}
        >
          <option value="">{texts.everyRegion}</option>
          {regions.map((region) => (
            <option key={region} value={region}>
              {region}
            </option>
          ))}
        </select>
      </label>
      <label class="tick">
        <input
          type="checkbox"
          checked={filter.isOfBook}
          onChange={({ currentTarget: { checked } }) => setFilter({ ...filter, isOfBook: checked })}
        />{' '}
        {texts.onlyBook}
      </label>
    </div>
  );
}

interface OrderRowProps {
  readonly order: Order;
  readonly isAsked: boolean;
  readonly ask: (id: string | undefined) => void;
  readonly cancel: (id: string) => void;
}

function OrderRow({ order, isAsked, ask, cancel }: OrderRowProps) {
  const { id, createdAt, items, total, currency, region, status: state } = order;
  const no = useRef<HTMLButtonElement>(null);
  // The safe answer has the focus.
  useEffect(() => {
    if (isAsked) no.current?.focus();
  }, [isAsked]);
  return (
    <tr class={state === 'disputed' ? 'is-disputed' : ''}>
      <th scope="row" class="order-id">
        <code title={id}>{id.slice(0, 8)}</code>
      </th>
      <td>
        <time dateTime={createdAt}>{formatTime(createdAt)}</time>
      </td>
      <td>
        {items.map(({ bookId: book, title, quantity }) => (
          <button key={book} type="button" class="link" onClick={() => chooseBook(book)}>
            {formatNumber(quantity)} × <bdi>{title}</bdi>
          </button>
        ))}
      </td>
      <td class="number">{formatPrice(total, currency)}</td>
      <td>{region}</td>
      <td>
        {state === 'disputed' ? (
          <span class="tag is-warning">
            <Term name="disputed">{texts.disputed}</Term>
          </span>
        ) : (
          <span class={state === 'placed' ? 'tag' : 'tag is-quiet'}>{texts[state]}</span>
        )}
      </td>
      <td class="order-cancel">
        {state !== 'cancelled' && !isAsked && (
          <button
            type="button"
            class="button button--small"
            aria-label={texts.cancelOrder(id.slice(0, 8))}
            onClick={() => ask(id)}
          >
            {texts.cancel}
          </button>
        )}
        {isAsked && (
          <div
            role="group"
            aria-label={texts.question}
            class="question"
            onKeyDown={({ key }) => key === 'Escape' && ask(undefined)}
          >
            <span>{texts.question}</span>
            <button type="button" class="button button--small" onClick={() => cancel(id)}>
              {texts.yes}
            </button>
            <button
              ref={no}
              type="button"
              class="button button--small"
              onClick={() => ask(undefined)}
            >
              {texts.no}
            </button>
          </div>
        )}
      </td>
    </tr>
  );
}

const passes = (order: Order, { status: state, region, isOfBook }: Filter, book: number): boolean =>
  (state === '' || order.status === state) &&
  (region === '' || order.region === region) &&
  (!isOfBook || order.items.some((item) => item.bookId === book));

const disputesFirst = (orders: readonly Order[]): Order[] => [
  ...orders.filter((order) => order.status === 'disputed'),
  ...orders.filter((order) => order.status !== 'disputed'),
];

/** The log moves on while it is paged through: an order may come up on two pages. */
const joined = (before: readonly Order[], page: readonly Order[]): Order[] => [
  ...new Map([...before, ...page].map((order) => [order.id, order])).values(),
];
