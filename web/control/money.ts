/** Amounts as an administrator types them, in major units of the currency. */

/** How many digits a currency has after its decimal mark. */
const decimalsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
    .maximumFractionDigits ?? 2;

/** `12.50` or `12,5` in minor units (cents); undefined where it is no amount. */
export function parseAmount(text: string, currency: string): number | undefined {
  const [, whole = '', fraction = ''] = /^\s*(\d{1,9})(?:[.,](\d+))?\s*$/.exec(text) ?? [];
  const decimals = decimalsOf(currency);
  if (whole === '' || fraction.length > decimals) return undefined;
  return Number(whole + fraction.padEnd(decimals, '0'));
}

/** Minor units as they are typed. */
export const amountText = (minorUnits: number, currency: string): string =>
  (minorUnits / 10 ** decimalsOf(currency)).toFixed(decimalsOf(currency));
