/** The admin token of this tab: in no address, and gone when the tab is closed (design O1). */
import { signal } from '@preact/signals';

const name = 'bazar-admin-token';

/** Empty where nobody has given one, or the store refused it. */
export const token = signal(sessionStorage.getItem(name) ?? '');

/** Whether the store refused the token that was given last. */
export const isRefused = signal(false);

export function keepToken(given: string): void {
  sessionStorage.setItem(name, given);
  token.value = given;
  isRefused.value = false;
}

export function forgetToken({ wasRefused = false } = {}): void {
  sessionStorage.removeItem(name);
  token.value = '';
  isRefused.value = wasRefused;
}
