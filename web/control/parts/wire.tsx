/** A line of the picture, and the dots that travel along it. */
import { effect, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatNumber } from '../../common/format.js';
import { control } from '../texts.js';
import { passages } from '../watch.js';

/** By line, how many messages were seen passing since the page was opened. */
const counts = signal<ReadonlyMap<string, number>>(new Map());

const lineOf = (from: string, to: string): string => `${from} ${to}`;

effect(() => {
  const { seen } = passages.value;
  if (seen.length === 0) return;
  const next = new Map(counts.peek());
  for (const { from, to, messages } of seen) {
    const line = lineOf(from, to);
    next.set(line, (next.get(line) ?? 0) + messages);
  }
  counts.value = next;
});

const isStill = matchMedia('(prefers-reduced-motion: reduce)');

interface WireProps {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** Which way it leads on the page. */
  readonly direction: 'right' | 'left';
  readonly state: 'open' | 'away' | 'slow';
  readonly children?: ComponentChildren;
}

/** From one place to another; what is told of it stands above the line. */
export function Wire({ from, to, label, direction, state, children }: WireProps) {
  const count = counts.value.get(lineOf(from, to)) ?? 0;
  return (
    <div class={`wire is-${state} leads-${direction}`} role="group" aria-label={label}>
      <p class="wire-words">
        {children}
        <span class="quiet">{control.map.seen(formatNumber(count))}</span>
      </p>
      <span class="wire-line" aria-hidden="true">
        <Dots from={from} to={to} />
      </span>
    </div>
  );
}

/** Both ways between the shop and a region: what is bought, and what is told of it. */
export function ShopWire({
  region,
  label,
  direction,
  state,
}: Pick<WireProps, 'label' | 'direction' | 'state'> & { readonly region: string }) {
  const back = direction === 'right' ? 'left' : 'right';
  return (
    <div class={`wire is-${state} leads-both`} role="group" aria-label={label}>
      <span class={`wire-line leads-${direction}`} aria-hidden="true">
        <Dots from="shop" to={region} />
      </span>
      <span class={`wire-line leads-${back}`} aria-hidden="true">
        <Dots from={region} to="shop" />
      </span>
    </div>
  );
}

const staggerMs = 110;

function Dots({ from, to }: { readonly from: string; readonly to: string }) {
  const [dots, setDots] = useState<readonly { key: string; delayMs: number }[]>([]);
  const { look, seen } = passages.value;
  useEffect(() => {
    const passed = seen.find((one) => one.from === from && one.to === to);
    if (passed === undefined || isStill.matches) return;
    const added = Array.from({ length: passed.messages }, (_, place) => ({
      key: `${look}-${place}`,
      delayMs: place * staggerMs,
    }));
    setDots((before) => [...before, ...added]);
  }, [look]);
  const end = (key: string) => setDots((before) => before.filter((dot) => dot.key !== key));
  return (
    <>
      {dots.map(({ key, delayMs }) => (
        <span
          key={key}
          class="dot"
          style={{ animationDelay: `${delayMs}ms` }}
          onAnimationEnd={() => end(key)}
        />
      ))}
    </>
  );
}
