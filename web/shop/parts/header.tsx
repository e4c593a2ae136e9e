import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { go, hrefOf, place } from '../../common/router.js';
import { formatNumber } from '../../common/format.js';
import { copiesIn, lines } from '../basket.js';
import { orders } from '../orders.js';
import { shop } from '../texts.js';

export function Header(): JSX.Element {
  const { path } = place();
  const count = copiesIn(lines.value);
  return (
    <header class="header">
      <div class="header__inner">
        <a class="brand" href={hrefOf('')} aria-label={shop.header.home}>
          <svg viewBox="0 0 32 26" aria-hidden="true" focusable="false">
            <path d="M1 1h11a4 4 0 0 1 4 2 4 4 0 0 1 4-2h11v21H20a4 4 0 0 0-4 2 4 4 0 0 0-4-2H1Z" />
            <path class="brand__fold" d="M16 4v19" />
          </svg>
          <span>{shop.name}</span>
        </a>
        <Search />
        <nav class="header__links">
          <a
            href={hrefOf('my-orders')}
            class={orders.value.length === 0 ? 'header__link header__link--rare' : 'header__link'}
            aria-current={path === 'my-orders' ? 'page' : undefined}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
              <path d="M5 3h14v18l-2.3-1.6L14.3 21 12 19.4 9.7 21l-2.4-1.6L5 21Z" />
              <path d="M8.5 8h7M8.5 12h7" />
            </svg>
            <span class="header__word">{shop.header.orders}</span>
          </a>
          <a
            href={hrefOf('basket')}
            class="header__link"
            aria-current={path === 'basket' ? 'page' : undefined}
            data-basket
          >
            <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
              <path d="M3 9h18l-2 11H5Z" />
              <path d="m8 9 3-6m5 6-3-6" />
            </svg>
            <span class="header__word">{shop.header.basket}</span>
            {count > 0 && (
              <span class="badge" key={count}>
                {formatNumber(count)}
                <span class="unseen"> {shop.copiesWord(count)}</span>
              </span>
            )}
          </a>
        </nav>
      </div>
    </header>
  );
}

/** Searches as one types; the address follows, with one step back for a whole search. */
function Search(): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const { path, query } = place();
  const isHome = path === '';
  const words = isHome ? (query.get('q') ?? '') : '';

  useEffect(() => {
    const input = field.current;
    // The address may have changed by itself; what is being typed is ahead of it.
    if (input && document.activeElement !== input) input.value = words;
  }, [words]);

  useEffect(() => {
    const toSearch = (event: KeyboardEvent) => {
      const isTyping = (event.target as Element).closest?.('input, textarea, select, dialog');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    addEventListener('keydown', toSearch);
    return () => removeEventListener('keydown', toSearch);
  }, []);

  const search = (text: string) => {
    const q = text.trim().replaceAll(/\s+/g, ' ');
    const topic = isHome ? (query.get('topic') ?? '') : '';
    go(hrefOf('', { q, topic }), { replace: isHome && words !== '' });
  };

  return (
    <form
      role="search"
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(field.current?.value ?? '');
      }}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <circle cx="10.5" cy="10.5" r="6.5" />
        <path d="m15.5 15.5 5.5 5.5" />
      </svg>
      <input
        ref={field}
        type="search"
        name="q"
        maxLength={200}
        autoComplete="off"
        spellcheck={false}
        enterkeyhint="search"
        aria-label={shop.header.search}
        aria-keyshortcuts="/"
        placeholder={shop.header.searchHint}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          const first = document.querySelector<HTMLElement>('.card__link');
          if (first) event.preventDefault();
          first?.focus();
        }}
      />
      <kbd class="search__key" aria-hidden="true">
        /
      </kbd>
    </form>
  );
}
