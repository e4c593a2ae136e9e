import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { hrefOf, place, restoreScroll } from '../../common/router.js';
import { fetchTopics, listOf, topics, type Listing } from '../catalogue.js';
import { Grid } from '../parts/grid.js';
import { Announcement, Empty, Heading, Page } from '../parts/page.js';
import { shop } from '../texts.js';

/** So long nothing was typed, the words are looked for. */
const typingPauseMs = 180;
const firstExpected = 24;

export function HomePage(): JSX.Element {
  const { query } = place();
  const topic = query.get('topic') ?? '';
  const q = useSettled(query.get('q')?.trim() ?? '');
  const list = listOf({ q, topic });
  const { books, state } = list.listing.value;
  const shown = useShown(list.listing.value);
  const end = useRef<HTMLDivElement>(null);

  useEffect(() => void fetchTopics(), []);
  useEffect(() => {
    if (list.listing.value.books.length === 0) void list.more();
  }, [list]);
  useLayoutEffect(restoreScroll, []);
  useEffect(() => {
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting && list.listing.value.state === 'ready') void list.more();
      },
      { rootMargin: '800px' },
    );
    observer.observe(end.current as Element);
    return () => observer.disconnect();
    // Observed anew after each page: it may not have filled the window.
  }, [list, books.length]);

  const title = q === '' ? topic : shop.home.resultsFor(q);
  return (
    <Page kind="home" name={title === '' ? undefined : title}>
      <Heading class={title === '' ? 'unseen' : 'home__title'}>
        {title === '' ? shop.home.title : title}
      </Heading>
      <Topics chosen={topic} q={q} />
      <Announcement>{announcementOf(books.length, state)}</Announcement>
      <Books listing={shown} isSearch={q !== '' || topic !== ''} isOld={shown.books !== books} />
      <div ref={end} class="home__end">
        {state === 'failed' && (
          <div role="alert">
            <Empty title={shop.home.failed}>
              <button type="button" class="button" onClick={() => void list.more()}>
                {shop.home.retry}
              </button>
            </Empty>
          </div>
        )}
        {state === 'ready' && books.length > 0 && (
          <button type="button" class="button" onClick={() => void list.more()}>
            {shop.home.more}
          </button>
        )}
        {state === 'ended' && books.length > firstExpected && <p class="quiet">{shop.home.end}</p>}
      </div>
    </Page>
  );
}

function announcementOf(count: number, state: Listing['state']): string {
  if (state === 'loading') return shop.home.loading;
  if (state === 'failed') return '';
  return count === 0 ? shop.home.none : shop.home.shown(count, state !== 'ended');
}

function Books({
  listing: { books, state },
  isSearch,
  isOld,
}: {
  readonly listing: Listing;
  readonly isSearch: boolean;
  readonly isOld: boolean;
}): JSX.Element | null {
  if (state === 'ended' && books.length === 0) {
    return isSearch ? (
      <Empty
        title={shop.home.none}
        hint={
          <>
            {shop.home.noneHint} <a href={hrefOf('')}>{shop.home.noneWay}</a>.
          </>
        }
      />
    ) : (
      <Empty title={shop.home.empty} hint={shop.home.emptyHint} />
    );
  }
  const isFetching = state === 'loading' || (state === 'ready' && books.length === 0);
  if (state === 'failed' && books.length === 0) return null;
  return <Grid books={books} expected={isFetching && !isOld ? firstExpected : 0} isOld={isOld} />;
}

function Topics({ chosen, q }: { readonly chosen: string; readonly q: string }): JSX.Element {
  const [isOpen, setIsOpen] = useState(false);
  const all = topics.value;
  const shown = chosen !== '' && !all.includes(chosen) ? [chosen, ...all] : all;
  return (
    <nav class={`topics ${isOpen ? 'topics--open' : ''}`} aria-label={shop.home.topics}>
      <ul class="topics__list" id="topics">
        <li>
          <a
            class="chip"
            href={hrefOf('', { q })}
            aria-current={chosen === '' ? 'true' : undefined}
          >
            {shop.home.allTopics}
          </a>
        </li>
        {shown.map((topic) => (
          <li key={topic}>
            <a
              class="chip"
              dir="auto"
              href={hrefOf('', { q, topic })}
              aria-current={topic === chosen ? 'true' : undefined}
            >
              {topic}
            </a>
          </li>
        ))}
      </ul>
      {shown.length > 12 && (
        <button
          type="button"
          class="button button--quiet topics__toggle"
          aria-expanded={isOpen}
          aria-controls="topics"
          onClick={() => setIsOpen(!isOpen)}
        >
          {isOpen ? shop.home.fewerTopics : shop.home.moreTopics}
        </button>
      )}
    </nav>
  );
}

/** What was found before stays until there is something new: nothing flickers while one types. */
function useShown(listing: Listing): Listing {
  const before = useRef(listing);
  const isNothing = listing.books.length === 0 && listing.state !== 'ended';
  if (!isNothing || listing.state === 'failed') before.current = listing;
  return isNothing && before.current.books.length > 0 ? before.current : listing;
}

/** The value once it has stayed the same for a moment; a value that is cleared, at once. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), value === '' ? 0 : typingPauseMs);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
