/** Where a book's copies are, as a bar: each region's rights and sales, what is on its way, what is gone. */
import { formatList, formatNumber } from '../../common/format.js';
import type { Copies } from '../figures.js';
import { control } from '../texts.js';

const { book: texts } = control;

interface Segment {
  readonly key: string;
  readonly words: string;
  readonly count: number;
  readonly look: string;
}

export function StockBar({ copies }: { readonly copies: Copies }) {
  const segments = segmentsOf(copies);
  const total = segments.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return <p class="quiet">{texts.empty}</p>;
  const described = segments.map(({ words, count }) => `${formatNumber(count)} ${words}`);
  return (
    <div class="stock">
      <div class="stock-bar" role="img" aria-label={texts.bar(formatList(described))}>
        {segments.map(({ key, look, count }) => (
          <span key={key} class={`segment ${look}`} style={{ flexGrow: count }} />
        ))}
      </div>
      <ul class="legend small">
        {segments.map(({ key, look, words, count }) => (
          <li key={key}>
            <span class={`swatch segment ${look}`} aria-hidden="true" />
            <b class="figure">{formatNumber(count)}</b> {words}
          </li>
        ))}
      </ul>
    </div>
  );
}

function segmentsOf({ regions, onTheirWay, stocked }: Copies): Segment[] {
  const known = regions.map((region, hue) => ({ ...region, hue })).filter(({ isKnown }) => isKnown);
  const segments = [
    ...known.map(({ region, maySell, hue }) => ({
      key: `may-sell ${region}`,
      words: `${region} ${texts.maySell}`,
      count: maySell,
      look: `may-sell hue-${hue}`,
    })),
    {
      key: 'on-their-way',
      words: texts.onTheirWay,
      count: onTheirWay ?? 0,
      look: 'on-their-way',
    },
    ...known.map(({ region, sold, hue }) => ({
      key: `sold ${region}`,
      words: `${texts.sold} ${region}`,
      count: sold,
      look: `sold hue-${hue}`,
    })),
    {
      key: 'written-off',
      words: texts.writtenOff,
      count: known.reduce((sum, { writtenOff }) => sum + writtenOff, 0),
      look: 'written-off',
    },
  ];
  const shown = segments.reduce((sum, { count }) => sum + count, 0);
  // What a region brought and gave to one that is away.
  const unknown = { key: 'unknown', words: texts.unknown, count: stocked - shown, look: 'unknown' };
  return [...segments, unknown].filter(({ count }) => count > 0);
}
