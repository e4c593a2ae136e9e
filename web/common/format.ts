/** Numbers, prices and times as the reader's own language writes them. */

const languages = navigator.languages;

const currencies = new Map<string, Intl.NumberFormat>();

/** A price in minor units, such as cents. */
export function formatPrice(minorUnits: number, currency: string): string {
  const format =
    currencies.get(currency) ?? new Intl.NumberFormat(languages, { style: 'currency', currency });
  currencies.set(currency, format);
  return format.format(minorUnits / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0));
}

const numbers = new Intl.NumberFormat(languages);
export const formatNumber = (value: number): string => numbers.format(value);

const times = new Intl.DateTimeFormat(languages, { dateStyle: 'long', timeStyle: 'short' });
/** A moment in ISO 8601, in the reader's time zone. */
export const formatTime = (moment: string): string => times.format(new Date(moment));

const lists = new Intl.ListFormat(languages, { type: 'conjunction' });
export const formatList = (texts: readonly string[]): string => lists.format(texts);
