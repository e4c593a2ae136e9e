import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { place } from '../common/router.js';
import { Header } from './parts/header.js';
import { Notice } from './parts/notice.js';
import { focusMain } from './parts/page.js';
import { BasketPage } from './pages/basket-page.js';
import { BookPage } from './pages/book-page.js';
import { HomePage } from './pages/home-page.js';
import { MyOrdersPage } from './pages/my-orders-page.js';
import { OrderPage } from './pages/order-page.js';
import { UnknownPage } from './pages/unknown-page.js';
import { isFresh, pending, seeThrough } from './purchase.js';
import { shop } from './texts.js';

export function App(): JSX.Element {
  useEffect(() => {
    // The page may have been left, or reloaded, before the answer came.
    if (pending.value !== null && isFresh(pending.value)) seeThrough();
  }, []);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          // A bare fragment would lead to the base of the document, and so to another page.
          event.preventDefault();
          focusMain();
        }}
      >
        {shop.skip}
      </a>
      <Header />
      <Notice />
      <Page />
    </>
  );
}

function Page(): JSX.Element {
  const { path } = place();
  const [first = '', second, ...others] = path.split('/').map(decode);
  if (path === '') return <HomePage />;
  if (others.length === 0 && second !== undefined) {
    if (first === 'book' && /^[1-9]\d{0,14}$/.test(second)) {
      return <BookPage key={second} id={Number(second)} />;
    }
    if (first === 'order') return <OrderPage key={second} id={second} />;
  }
  if (path === 'basket') return <BasketPage />;
  if (path === 'my-orders') return <MyOrdersPage />;
  return <UnknownPage />;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
