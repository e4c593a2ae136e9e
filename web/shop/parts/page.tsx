/** What pages have in common: a landmark, a heading that takes the focus, a name in the tab. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { shop } from '../texts.js';

const mainId = 'main';

export const focusMain = (): void => document.getElementById(mainId)?.focus();

/** Whoever opens the shop hears its title; whoever goes on to another page, that page's heading. */
let isFirstPage = true;

interface PageProps {
  /** For the tab; the shop's own name where there is none. */
  readonly name: string | undefined;
  readonly kind: string;
  readonly children: ComponentChildren;
}

export function Page({ name, kind, children }: PageProps): JSX.Element {
  useEffect(() => {
    document.title = name === undefined ? shop.name : shop.titleOf(name);
  }, [name]);
  return (
    <main id={mainId} tabIndex={-1} class={`page page--${kind}`}>
      {children}
    </main>
  );
}

/** A page's heading, which takes the focus when the page is gone to. */
export function Heading({
  children,
  class: className = '',
  ...others
}: JSX.HTMLAttributes<HTMLHeadingElement>): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    if (!isFirstPage && document.activeElement?.getAttribute('type') !== 'search') {
      heading.current?.focus({ preventScroll: true });
    }
    isFirstPage = false;
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} class={className} {...others}>
      {children}
    </h1>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly hint?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** Where there is nothing, or it could not be fetched: a sentence, and a way on. */
export const Empty = ({ title, hint, children }: EmptyProps): JSX.Element => (
  <div class="empty">
    <svg class="empty__picture" viewBox="0 0 120 72" aria-hidden="true" focusable="false">
      <path d="M8 66h104" />
      <path d="M20 66V20h12v46M36 66V12h9v54M49 66V26h14v40" />
      <path d="m72 65 12-44 11 3-12 44" />
      <path d="M23 30h6M52 34h8M52 40h8" />
    </svg>
    <p class="empty__title">{title}</p>
    {hint !== undefined && <p class="quiet">{hint}</p>}
    {children}
  </div>
);

/** Says something to screen readers without showing it. */
export const Announcement = ({
  children,
}: {
  readonly children: ComponentChildren;
}): JSX.Element => (
  <p class="unseen" role="status">
    {children}
  </p>
);
