/** What a cover looks like, from the id, title and authors of its book alone. */
import { randomOf } from './random.js';
import { isRightToLeft, setText, type SetText } from './typesetting.js';

/** Of the drawing; all measures below are in its units. */
export const coverSize = { width: 200, height: 300 } as const;

export interface Palette {
  readonly ground: string;
  readonly ink: string;
}

/** Each pair has a contrast of 4.5 at least. */
export const palettes: readonly Palette[] = [
  { ground: '#ebdfc8', ink: '#7a2418' },
  { ground: '#1f3a4d', ink: '#f0e3c8' },
  { ground: '#b3401a', ink: '#fff3e0' },
  { ground: '#2c4a39', ink: '#efe5c7' },
  { ground: '#eebd4d', ink: '#2b2118' },
  { ground: '#5a2947', ink: '#f5dfd0' },
  { ground: '#bcd1c6', ink: '#1f3a35' },
  { ground: '#cdd8df', ink: '#842541' },
  { ground: '#292622', ink: '#e9b552' },
  { ground: '#efbaa6', ink: '#22314a' },
];

export const compositions = ['band', 'arch', 'dots', 'horizon', 'initial', 'ruled'] as const;
export type Composition = (typeof compositions)[number];

export interface Text extends SetText {
  /** The baseline of the first line. */
  readonly y: number;
  readonly isRightToLeft: boolean;
}

export interface CoverDesign {
  readonly palette: Palette;
  readonly composition: Composition;
  readonly title: Text;
  /** What followed a colon, or stood in parentheses: a subtitle or a series. */
  readonly subtitle: Text | undefined;
  readonly author: Text;
  readonly initial: string;
  /** The same sequence each time, for what a composition varies. */
  readonly random: () => number;
}

export interface CoverBook {
  readonly id: number;
  readonly title: string;
  readonly authors: readonly string[];
}

const margin = 18;
const measure = coverSize.width - 2 * margin;
const titleSizes = [34, 30, 27, 24, 21.5, 19, 17, 15, 13.5];

/** Where the title may stand: from the top of its box, and how high that is. */
const titleBoxes: Readonly<Record<Composition, { readonly top: number; readonly height: number }>> =
  {
    band: { top: 96, height: 92 },
    arch: { top: 46, height: 96 },
    dots: { top: 46, height: 100 },
    horizon: { top: 176, height: 82 },
    initial: { top: 162, height: 94 },
    ruled: { top: 58, height: 112 },
  };

export function designCover({ id, title, authors }: CoverBook): CoverDesign {
  const random = randomOf(`${id}\n${title}\n${authors.join('\n')}`);
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(random() * items.length)] as Item;
  const palette = pick(palettes);
  const composition = pick(compositions);
  const { main, rest } = splitTitle(title);
  const { top, height } = titleBoxes[composition];
  const subtitleSet =
    rest === undefined ? undefined : setText(rest, { width: measure, height: 26 }, [11, 10, 9]);
  const subtitleHeight = subtitleSet ? subtitleSet.lines.length * subtitleSet.lineHeight + 7 : 0;
  const set = setText(main, { width: measure, height: height - subtitleHeight }, titleSizes);
  const titleHeight = set.lines.length * set.lineHeight;
  const isCentred = composition === 'band';
  const start = isCentred ? top + (height - titleHeight - subtitleHeight) / 2 : top;
  const titleText: Text = {
    ...set,
    y: start + set.size * 0.86,
    isRightToLeft: isRightToLeft(main),
  };
  return {
    palette,
    composition,
    title: titleText,
    subtitle: subtitleSet && {
      ...subtitleSet,
      y: start + titleHeight + 7 + subtitleSet.size * 0.8,
      isRightToLeft: isRightToLeft(rest as string),
    },
    author: setAuthor(authors),
    initial: initialOf(main),
    random,
  };
}

function setAuthor(authors: readonly string[]): Text {
  const [first = '', second] = authors;
  const shown = authors.length === 2 ? `${first}, ${second}` : first;
  const text = authors.length > 2 ? `${first} …` : shown;
  const set = setText(text, { width: measure, height: 28 }, [12, 11, 10]);
  return {
    ...set,
    y: 284 - (set.lines.length - 1) * set.lineHeight,
    isRightToLeft: isRightToLeft(text),
  };
}

/** A title is set large without what catalogues add to it: "(Series, #1)", or ": a subtitle". */
export function splitTitle(title: string): { readonly main: string; readonly rest?: string } {
  const [, main, rest] =
    /^(.{2,}?)\s*\((.+)\)$/u.exec(title) ?? /^(.{3,}?)\s*:\s+(.{3,})$/u.exec(title) ?? [];
  return main !== undefined && rest !== undefined ? { main, rest } : { main: title };
}

/** That of the first word which is no article. */
function initialOf(title: string): string {
  const words = title.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const word = words.find((each) => !/^(an?|the)$/iu.test(each)) ?? words[0] ?? '';
  return /[\p{L}\p{N}]/u.exec(word)?.[0].toUpperCase() ?? '·';
}
