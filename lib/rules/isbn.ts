/** International Standard Book Numbers (ISO 2108; the ISBN Users' Manual, 7th edition, appendix 1). */

const separators = /[\s\p{Dash_Punctuation}]/gu;

/**
 * The ISBN-13, in digits, of an ISBN-10 or an ISBN-13 with hyphens and blanks or without; undefined
 * where the text is neither, or its check digit is another.
 */
export function toIsbn13(text: string): string | undefined {
  const isbn = text.replaceAll(separators, '').toUpperCase();
  if (/^\d{9}[\dX]$/.test(isbn)) {
    const first = isbn.slice(0, -1);
    return isbn.endsWith(checkDigitOf10(first))
      ? `978${first}${checkDigitOf13(`978${first}`)}`
      : undefined;
  }
  if (/^97[89]\d{10}$/.test(isbn)) {
    return isbn.endsWith(checkDigitOf13(isbn.slice(0, -1))) ? isbn : undefined;
  }
  return undefined;
}

/** @param first nine digits. */
function checkDigitOf10(first: string): string {
  const digit = (11 - (weighted(first, (place) => 10 - place) % 11)) % 11;
  return digit === 10 ? 'X' : String(digit);
}

/** @param first twelve digits. */
const checkDigitOf13 = (first: string): string =>
  String((10 - (weighted(first, (place) => (place % 2 === 0 ? 1 : 3)) % 10)) % 10);

const weighted = (digits: string, weightOf: (place: number) => number): number =>
  Array.from(digits).reduce((sum, digit, place) => sum + Number(digit) * weightOf(place), 0);
