import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { formatPrice, formatTime } from '../../common/format.js';
import { hrefOf } from '../../common/router.js';
import type { Order } from '../../common/types.js';
import { fetchOrder, orders } from '../orders.js';
import { Empty, Heading, Page } from '../parts/page.js';
import { addressOf, Status } from './order-page.js';
import { shop } from '../texts.js';

/** What has become of more orders is seen on their own pages. */
const mostRefreshed = 20;

export function MyOrdersPage(): JSX.Element {
  useEffect(() => {
    for (const { id, status } of orders.value.slice(0, mostRefreshed)) {
      // Nothing can become of a cancelled one.
      if (status !== 'cancelled') void fetchOrder(id);
    }
  }, []);
  return (
    <Page kind="narrow" name={shop.orders.title}>
      <Heading>{shop.orders.title}</Heading>
      {orders.value.length === 0 ? (
        <Empty title={shop.orders.empty}>
          <a class="button" href={hrefOf('')}>
            {shop.orders.emptyWay}
          </a>
        </Empty>
      ) : (
        <>
          <p class="quiet">{shop.orders.hint}</p>
          <ul class="orders">
            {orders.value.map((order) => (
              <li key={order.id}>
                <Row order={order} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Page>
  );
}

function Row({ order }: { readonly order: Order }): JSX.Element {
  const [first, ...others] = order.items;
  return (
    <a class="orders__row" href={addressOf(order.id)}>
      <span class="orders__title">
        <bdi>{first?.title}</bdi>
        {others.length > 0 && <span class="quiet"> {shop.orders.more(others.length)}</span>}
      </span>
      <span class="orders__time quiet small">{formatTime(order.createdAt)}</span>
      <Status status={order.status} />
      <span class="price">{formatPrice(order.total, order.currency)}</span>
    </a>
  );
}
