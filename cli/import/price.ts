/** Prices as people write them: `12.50`, `12,5`, `1,299.00`, `1 299,00`, `1'299`. */

export interface Money {
  /** How many digits the currency has after its decimal mark: 2 for cents. */
  readonly decimals: number;
  /** What separates them in the file, where that is known. */
  readonly decimalMark?: '.' | ',';
}

/** ISO 4217's currencies that are not written with two decimals; ICU's figures are other ones. */
const unusualDecimals = [
  {
    decimals: 0,
    currencies: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  },
  { decimals: 3, currencies: 'BHD IQD JOD KWD LYD OMR TND' },
  { decimals: 4, currencies: 'CLF UYW' },
];

/** How many decimals a currency has. */
export const decimalsOf = (currency: string): number =>
  unusualDecimals.find(({ currencies }) => currencies.split(' ').includes(currency))?.decimals ?? 2;

const ungrouped = /^(?<whole>\d+)(?:(?<mark>[.,])(?<fraction>\d+))?$/u;
/** Thousands are set apart by one sign, and the decimals by another. */
const grouped =
  /^(?<whole>[1-9]\d{0,2}(?:(?<separator>[.,'’ \u00a0\u202f])\d{3})(?:\k<separator>\d{3})*)(?:(?!\k<separator>)(?<mark>[.,])(?<fraction>\d+))?$/u;

/** An amount of major units (dollars) in minor ones (cents), or what is wrong with it. */
export function parseMajorUnits(
  text: string,
  { decimals, decimalMark }: Money,
): { minorUnits: number } | { problem: string } {
  const asGrouped = grouped.exec(text)?.groups;
  const asUngrouped = ungrouped.exec(text)?.groups;
  const readings = [asGrouped, asUngrouped].filter((groups) => groups !== undefined);
  const fitting = readings.filter(
    ({ mark, separator }) =>
      decimalMark === undefined ||
      ((mark ?? decimalMark) === decimalMark && separator !== decimalMark),
  );
  if (fitting.length > 1) {
    return { problem: 'may mean thousands or decimals; say which with --decimal-mark' };
  }
  const [reading] = fitting;
  if (reading === undefined) return { problem: 'must be an amount such as 12.50' };
  const fraction = (reading['fraction'] ?? '').replace(/0+$/u, '').padEnd(decimals, '0');
  if (fraction.length > decimals) {
    return { problem: `must not have more than ${decimals} decimals` };
  }
  return { minorUnits: Number(reading['whole']?.replaceAll(/\D/gu, '') + fraction) };
}
