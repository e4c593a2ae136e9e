/** A word that says what it means, where it is pointed at or has the focus. */
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { terms, type TermName } from '../texts.js';

export function Term({ name, children }: { name: TermName; children: ComponentChildren }) {
  const id = useId();
  const word = useRef<HTMLButtonElement>(null);
  const note = useRef<HTMLSpanElement>(null);
  const open = () => {
    if (word.current && note.current) show(note.current, word.current);
  };
  const close = () => {
    if (note.current?.matches(':popover-open')) note.current.hidePopover();
  };
  return (
    <span class="term" onMouseEnter={open} onMouseLeave={close}>
      <button
        ref={word}
        type="button"
        class="term-word"
        aria-describedby={id}
        onFocus={open}
        onBlur={close}
        onKeyDown={({ key }) => key === 'Escape' && close()}
      >
        {children}
      </button>
      <span ref={note} id={id} role="tooltip" popover="manual" class="term-note">
        {terms[name]}
      </span>
    </span>
  );
}

const gap = 4;

/** Above all else on the page, beside the word, and never out of the window. */
function show(note: HTMLElement, word: HTMLElement): void {
  if (note.matches(':popover-open')) return;
  note.showPopover();
  const { left, top, bottom } = word.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = note;
  const { clientWidth, clientHeight } = document.documentElement;
  const isBelow = bottom + gap + height <= clientHeight;
  note.style.left = `${Math.max(gap, Math.min(left, clientWidth - width - gap))}px`;
  note.style.top = `${isBelow ? bottom + gap : top - gap - height}px`;
}
