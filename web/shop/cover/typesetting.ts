/**
 * Sets a text into a box without asking a font: widths are estimated from what kinds of characters
 * there are, so that the same text is set the same way on every machine (design U13).
 */

export interface Box {
  readonly width: number;
  readonly height: number;
}

export interface SetText {
  readonly lines: readonly string[];
  readonly size: number;
  readonly lineHeight: number;
}

const rightToLeft =
  /^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** Scripts that are broken between any two characters. */
const ideographic = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
/** May not begin a line. */
const closing = /^[、。，．・：；！？」』）】〉》ー]/u;

/** By its first letter, as `dir="auto"` decides. */
export const isRightToLeft = (text: string): boolean => rightToLeft.test(text);

/** In ems of a serif type, rather too wide than too narrow. */
function widthOfCharacter(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  if (ideographic.test(character) || /\p{Emoji_Presentation}/u.test(character)) return 1;
  if (/[\s.,:;'’!|ijlI]/.test(character)) return 0.34;
  if (/[frst()[\]\-“”"]/.test(character)) return 0.46;
  if (/[MW@%—]/.test(character)) return 1.05;
  if (/[mw]/.test(character)) return 0.98;
  return /\p{Lu}/u.test(character) ? 0.76 : 0.63;
}

const widthOf = (text: string): number =>
  Array.from(text).reduce((sum, character) => sum + widthOfCharacter(character), 0);

/** Where lines may be broken: each piece holds the blank that follows it. */
function piecesOf(text: string): string[] {
  const words = text.match(/\S+\s*/gu) ?? [];
  return words.flatMap((word) => {
    if (!ideographic.test(word)) return [word];
    const pieces: string[] = [];
    for (const character of word) {
      if (closing.test(character) && pieces.length > 0) pieces.push(pieces.pop() + character);
      else pieces.push(character);
    }
    return pieces;
  });
}

/** A word that is wider than a line is broken where it must be. */
const cut = (piece: string, ems: number): string[] => {
  if (widthOf(piece.trimEnd()) <= ems) return [piece];
  const parts: string[] = [''];
  for (const character of piece) {
    const last = parts.at(-1) as string;
    if (last !== '' && widthOf(last + character) > ems) parts.push(character);
    else parts[parts.length - 1] = last + character;
  }
  return parts;
};

function breakLines(pieces: readonly string[], ems: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces.flatMap((whole) => cut(whole, ems))) {
    const last = lines.at(-1);
    if (last === undefined || widthOf((last + piece).trimEnd()) > ems) lines.push(piece);
    else lines[lines.length - 1] = last + piece;
  }
  return lines.map((line) => line.trimEnd());
}

/**
 * The largest of the sizes at which the text fits with no word broken; else the smallest, with words
 * broken where they must be, and what is too much left out.
 *
 * @param sizes from large to small, in the units of the box.
 */
export function setText(text: string, box: Box, sizes: readonly number[], leading = 1.16): SetText {
  const pieces = piecesOf(text);
  const longest = Math.max(0, ...pieces.map((piece) => widthOf(piece.trimEnd())));
  const linesIn = (size: number) => Math.max(1, Math.floor(box.height / (size * leading)));
  for (const size of sizes) {
    const ems = box.width / size;
    const lines = breakLines(pieces, ems);
    if (longest <= ems && lines.length <= linesIn(size)) {
      return { lines: balance(pieces, ems, lines), size, lineHeight: size * leading };
    }
  }
  const size = sizes.at(-1) as number;
  const lines = breakLines(pieces, box.width / size);
  const most = linesIn(size);
  const kept = lines.slice(0, most);
  if (lines.length > most) {
    kept[most - 1] = `${(kept[most - 1] as string).replace(/.{1,2}$/u, '')}…`;
  }
  return { lines: kept, size, lineHeight: size * leading };
}

/** The narrowest measure that takes no more lines: no line holds one word alone without need. */
function balance(pieces: readonly string[], ems: number, lines: string[]): string[] {
  const narrowest = Math.max(...pieces.map((piece) => widthOf(piece.trimEnd())));
  let best = lines;
  for (let measure = ems; measure >= narrowest; measure -= ems / 24) {
    const tried = breakLines(pieces, measure);
    if (tried.length > lines.length) break;
    best = tried;
  }
  return best;
}
