/** A cover, drawn: one grid, one voice, and six ways to be different. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import {
  coverSize,
  designCover,
  type Composition,
  type CoverBook,
  type CoverDesign,
  type Text,
} from './design.js';

const { width, height } = coverSize;
const margin = 18;

interface Props {
  readonly book: CoverBook;
}

/** Decoration: whoever shows it says title and authors in words beside it. */
export const Cover = ({ book: { id, title, authors } }: Props): JSX.Element =>
  // The same element is not drawn again.
  useMemo(() => draw(designCover({ id, title, authors })), [id, title, authors.join('\n')]);

function draw(design: CoverDesign): JSX.Element {
  const { palette, composition, title, subtitle, author } = design;
  const isBand = composition === 'band';
  return (
    <svg class="cover" viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      <rect width={width} height={height} fill={palette.ground} />
      {ornaments[composition](design)}
      <Mark colour={isBand ? palette.ground : palette.ink} isCentred={isBand} />
      <Lines text={title} fill={titleColour(design)} isCentred={isBand} weight={600} />
      {subtitle && (
        <Lines text={subtitle} fill={titleColour(design)} isCentred={isBand} weight={400} />
      )}
      <Lines text={author} fill={authorColour(design)} isCentred={isBand} weight={400} isSans />
      <rect width={5} height={height} fill="#000" opacity={0.09} />
      <rect x={5} width={1} height={height} fill="#fff" opacity={0.14} />
    </svg>
  );
}

const titleColour = ({ composition, palette }: CoverDesign): string =>
  composition === 'horizon' ? palette.ground : palette.ink;

const authorColour = ({ composition, palette }: CoverDesign): string =>
  composition === 'band' || composition === 'horizon' ? palette.ground : palette.ink;

/** The publisher's, at the head of each. */
const Mark = ({ colour, isCentred }: { colour: string; isCentred: boolean }) => (
  <g fill={colour} transform={`translate(${isCentred ? width / 2 - 28.5 : margin} 20)`}>
    <path d="M0 0h5.5q2 0 2 1.4q0-1.4 2-1.4H15v9.5H9.5q-2 0-2 1q0-1-2-1H0Z" opacity={0.9} />
    <text x={19} y={9} font-size={8.5} letter-spacing={1.6} class="cover__sans">
      BAZAR
    </text>
  </g>
);

interface LinesProps {
  readonly text: Text;
  readonly fill: string;
  readonly isCentred: boolean;
  readonly weight: number;
  readonly isSans?: boolean;
}

function Lines({ text, fill, isCentred, weight, isSans = false }: LinesProps): JSX.Element {
  const { lines, size, lineHeight, y, isRightToLeft } = text;
  const side = isRightToLeft ? width - margin : margin;
  return (
    <text
      class={isSans ? 'cover__sans' : 'cover__serif'}
      fill={fill}
      font-size={size}
      font-weight={weight}
      text-anchor={isCentred ? 'middle' : 'start'}
      direction={isRightToLeft ? 'rtl' : 'ltr'}
    >
      {lines.map((line, index) => (
        <tspan key={index} x={isCentred ? width / 2 : side} y={y + index * lineHeight}>
          {line}
        </tspan>
      ))}
    </text>
  );
}

const ornaments: Readonly<Record<Composition, (design: CoverDesign) => JSX.Element>> = {
  band: ({ palette }) => (
    <g fill={palette.ink}>
      <rect width={width} height={84} />
      <rect y={200} width={width} height={100} />
      <rect x={margin} y={90} width={width - 2 * margin} height={0.8} />
      <rect x={margin} y={193.2} width={width - 2 * margin} height={0.8} />
    </g>
  ),

  arch: ({ palette, random }) => {
    const count = 3 + Math.floor(random() * 4);
    const gap = 66 / count;
    return (
      <g fill="none" stroke={palette.ink} stroke-width={1.6 + random() * 3.2}>
        {range(count).map((index) => {
          const radius = 76 - index * gap;
          return (
            <path
              key={index}
              d={`M${100 - radius} 246V222a${radius} ${radius} 0 0 1 ${2 * radius} 0V246`}
            />
          );
        })}
        <path d={`M${margin} 247H${width - margin}`} stroke-width={1.2} />
      </g>
    );
  },

  dots: ({ palette, random }) => {
    const columns = 7;
    const rows = 4;
    const step = (width - 2 * margin) / (columns - 1);
    const wave = random() * Math.PI * 2;
    const tilt = 0.4 + random() * 0.7;
    return (
      <g fill={palette.ink}>
        {range(rows * columns).map((index) => {
          const [column, row] = [index % columns, Math.floor(index / columns)];
          const swell = (Math.sin(wave + column * tilt + row * 0.9) + 1) / 2;
          return (
            <circle
              key={index}
              cx={margin + column * step}
              cy={170 + row * (step * 0.98)}
              r={1.6 + swell * 8.6}
            />
          );
        })}
      </g>
    );
  },

  horizon: ({ palette, random }) => {
    const radius = 26 + random() * 22;
    const x = margin + radius + random() * (width - 2 * (margin + radius));
    const rise = 92 + random() * 54;
    return (
      <g fill={palette.ink}>
        <circle cx={x} cy={rise} r={radius} />
        {range(5).map((index) => (
          <rect
            key={index}
            y={138 + index * 6 - index * index * 0.35}
            width={width}
            height={1 + index * 0.9}
            fill={palette.ground}
          />
        ))}
        <rect y={160} width={width} height={140} />
      </g>
    );
  },

  initial: ({ palette, initial, random }) => (
    <g>
      <rect
        x={margin}
        y={42}
        width={width - 2 * margin}
        height={106}
        fill={palette.ink}
        opacity={0.1 + random() * 0.08}
      />
      <text
        class="cover__serif"
        x={width / 2}
        y={134}
        font-size={112}
        font-weight={400}
        font-style={random() < 0.5 ? 'italic' : 'normal'}
        text-anchor="middle"
        fill={palette.ink}
      >
        {initial}
      </text>
    </g>
  ),

  ruled: ({ palette, random }) => {
    const first = 184;
    const count = 5 + Math.floor(random() * 3);
    const gap = 78 / count;
    return (
      <g fill={palette.ink}>
        <rect x={margin} y={42} width={width - 2 * margin} height={2.4} />
        <rect x={margin} y={47} width={width - 2 * margin} height={0.7} />
        {range(count).map((index) => (
          <rect
            key={index}
            x={margin}
            y={first + index * gap}
            width={(width - 2 * margin) * (index === count - 1 ? 0.3 + random() * 0.4 : 1)}
            height={1.1}
          />
        ))}
      </g>
    );
  },
};

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
