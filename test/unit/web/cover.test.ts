/** Covers: the same for the same book, legible, and set within their margins. */
import { describe, expect, test } from '@jest/globals';
import {
  compositions,
  coverSize,
  designCover,
  palettes,
  splitTitle,
} from '../../../web/shop/cover/design.js';

const bookOf = (id: number, title: string, authors = ['Ada Quick']) => ({ id, title, authors });

const titles = [
  'It',
  'The Hunger Games (The Hunger Games, #1)',
  'Sapiens: A Brief History of Humankind',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  `The Life and Strange Surprizing Adventures of ${'Robinson Crusoe '.repeat(30)}`,
  'الأيام',
  'שירה',
  '吾輩は猫である、名前はまだ無い。どこで生れたかとんと見当がつかぬ',
  '📚📚📚',
  '***',
];

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [one, other].map(luminance).sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('a cover', () => {
  test('is the same each time for the same id, title and authors', () => {
    for (const title of titles) {
      const [one, other] = [designCover(bookOf(7, title)), designCover(bookOf(7, title))];
      const numbers = ({ random }: typeof one) => Array.from({ length: 9 }, random);
      expect({ ...one, random: numbers(one) }).toEqual({ ...other, random: numbers(other) });
    }
  });

  test.each(titles)('keeps within its margins: %s', (title) => {
    for (let id = 1; id <= 60; id += 1) {
      const design = designCover(bookOf(id, title, ['Gabriel García Márquez', 'Ada Quick']));
      for (const text of [design.title, design.subtitle, design.author]) {
        if (text === undefined) continue;
        expect(text.lines.length).toBeGreaterThan(0);
        expect(text.y - text.size).toBeGreaterThan(30);
        const last = text.y + (text.lines.length - 1) * text.lineHeight;
        expect(last).toBeLessThan(coverSize.height - 10);
        const longest = Math.max(...text.lines.map((line) => Array.from(line).length));
        // No character is set narrower than that.
        expect(longest * text.size * 0.3).toBeLessThan(coverSize.width);
      }
    }
  });

  test('has every palette and composition among a few hundred books, none of them often', () => {
    const designs = Array.from({ length: 600 }, (_, id) =>
      designCover(bookOf(id + 1, `Book ${id}`)),
    );
    for (const [all, of] of [
      [palettes, 'palette'],
      [compositions, 'composition'],
    ] as const) {
      const counts = all.map((one) => designs.filter((design) => design[of] === one).length);
      expect(Math.min(...counts)).toBeGreaterThan(600 / all.length / 2);
      expect(Math.max(...counts)).toBeLessThan((600 / all.length) * 2);
    }
  });

  test.each(palettes)('is legible: $ink on $ground', ({ ground, ink }) => {
    expect(contrast(ground, ink)).toBeGreaterThan(4.5);
  });
});

describe('a title', () => {
  test('is set from right to left where its first letter is read so', () => {
    expect(designCover(bookOf(1, 'الأيام')).title.isRightToLeft).toBe(true);
    expect(designCover(bookOf(1, '«שירה»')).title.isRightToLeft).toBe(true);
    expect(designCover(bookOf(1, 'Learn العربية')).title.isRightToLeft).toBe(false);
  });

  test('shrinks, and is then broken and cut', () => {
    const short = designCover(bookOf(1, 'It')).title;
    const long = designCover(bookOf(1, titles[4] as string)).title;
    expect(long.size).toBeLessThan(short.size);
    expect(long.lines.at(-1)).toMatch(/…$/);
    expect(short.lines).toEqual(['It']);
  });

  test('of Chinese and Japanese is broken between characters, and before no full stop', () => {
    const { lines } = designCover(bookOf(1, titles[7] as string)).title;
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).not.toMatch(/^[、。]/);
  });

  test('is parted from its series or subtitle', () => {
    expect(splitTitle('The Hunger Games (The Hunger Games, #1)')).toEqual({
      main: 'The Hunger Games',
      rest: 'The Hunger Games, #1',
    });
    expect(splitTitle('Sapiens: A Brief History')).toEqual({
      main: 'Sapiens',
      rest: 'A Brief History',
    });
    expect(splitTitle('10:04')).toEqual({ main: '10:04' });
  });
});
