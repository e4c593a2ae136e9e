/** Signals that are kept in this browser, and that its tabs share. */
import { signal, type Signal } from '@preact/signals';
import { root } from './address.js';

/** Two stores of one origin, such as two stages, know nothing of each other. */
const keyOf = (name: string): string => `bazar:${root.pathname}:${name}`;

/** A value that outlives its tab. It is changed by `update` alone. */
export interface Stored<Value> {
  readonly signal: Signal<Value>;
  /** Changes what all tabs have: `change` gets the value as it is now, not as this tab last saw it. */
  update(change: (value: Value) => Value): void;
}

/**
 * @param isValue tells whether what was kept is still of this shape; else it counts as none.
 */
export function stored<Value>(
  name: string,
  initial: Value,
  isValue: (value: unknown) => boolean,
): Stored<Value> {
  const key = keyOf(name);
  const parse = (text: string | null | undefined): Value => {
    try {
      const value = JSON.parse(text ?? 'null') as unknown;
      return isValue(value) ? (value as Value) : initial;
    } catch {
      return initial;
    }
  };
  // Without storage (it is full, or forbidden) the value lives as long as its page.
  let isKept = true;
  const read = (): Value => {
    try {
      return parse(localStorage.getItem(key));
    } catch {
      isKept = false;
      return initial;
    }
  };
  const value = signal(read());
  addEventListener('storage', (event) => {
    if (event.key === key || event.key === null) value.value = parse(event.newValue);
  });
  return {
    signal: value,
    update(change) {
      const changed = change(isKept ? read() : value.value);
      value.value = changed;
      try {
        localStorage.setItem(key, JSON.stringify(changed));
        isKept = true;
      } catch {
        isKept = false;
      }
    },
  };
}

/**
 * Does something while no other tab does what has the same name: by a Web Lock, which ends with its
 * tab. Where the page has none (it was not loaded over HTTPS), whoever came first may not be alone.
 */
export async function exclusively<Result>(
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!('locks' in navigator)) return work();
  return navigator.locks.request(keyOf(name), work);
}
