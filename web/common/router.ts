/** The address in the address bar, as a signal, and links that change it without a new document. */
import { signal } from '@preact/signals';
import { addressOf, placeOf, root } from './address.js';

export interface Place {
  /** Such as `book/2`; '' is the first page. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const read = (): Place => ({
  path: placeOf(location),
  query: new URLSearchParams(location.search),
});

const current = signal(read());

/** Where the reader is. */
export const place = (): Place => current.value;

/** The address of a page, for a link. */
export const hrefOf = (path: string, query: Readonly<Record<string, string>> = {}): string => {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return addressOf(path) + (search.size > 0 ? `?${search}` : '');
};

/** Goes to the address of a page. `replace` leaves no step to go back to. */
export function go(href: string, { replace = false } = {}): void {
  if (href === location.href) return;
  keepScroll();
  history[replace ? 'replaceState' : 'pushState'](null, '', href);
  const { path } = current.value;
  current.value = read();
  // What is typed into the search is no new page.
  if (current.value.path !== path || !replace) scrollTo(0, 0);
}

/** Where the reader was on a page that is left, for the way back. */
const keepScroll = (): void =>
  history.replaceState({ ...(history.state as object | null), scrollY }, '');

/** Takes over clicks on links to other pages, and the browser's ways back and forth. */
export function startRouter(): void {
  // Pages fill themselves after they are shown: they are scrolled when they have (see `restoreScroll`).
  history.scrollRestoration = 'manual';
  addEventListener('popstate', () => {
    current.value = read();
  });
  addEventListener('pagehide', keepScroll);
  addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a');
    const isPlain =
      event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.defaultPrevented || link.target || link.download) return;
    const isPage = link.href.startsWith(root.href) && link.dataset['document'] === undefined;
    if (!isPage) return;
    event.preventDefault();
    go(link.href);
  });
}

/** Brings a page that has filled itself to where the reader left it. */
export function restoreScroll(): void {
  const { scrollY: top } = (history.state ?? {}) as { scrollY?: number };
  if (top !== undefined) scrollTo(0, top);
}
