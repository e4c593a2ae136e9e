import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decimalsOf, parseMajorUnits } from '../../cli/import/price.js';
import { holds } from '../support/random/properties.js';

const cents = { decimals: 2 };

describe('an amount in major units', () => {
  test.each([
    ['12.50', 1250],
    ['12,50', 1250],
    ['12', 1200],
    ['12.5', 1250],
    ['0.99', 99],
    ['0', 0],
    ['12.5000', 1250],
    ['1,299.00', 129_900],
    ['1.299,00', 129_900],
    ['1 299,00', 129_900],
    ['1\u202f299,5', 129_950],
    ["1'299.00", 129_900],
    ['1,299,000', 129_900_000],
    ['1299.9', 129_990],
  ])('%j is read', (text, minorUnits) => {
    expect(parseMajorUnits(text, cents)).toEqual({ minorUnits });
  });

  test.each([
    ['1,299', /--decimal-mark/],
    ['1.500', /--decimal-mark/],
    ['12.505', /--decimal-mark/],
    ['0.505', /more than 2 decimals/],
    ['12.5050', /more than 2 decimals/],
    ['-1', /amount/],
    ['', /amount/],
    ['$12.50', /amount/],
    ['12.50 EUR', /amount/],
    ['1,2,3', /amount/],
    ['1,299,00', /amount/],
    ['12.', /amount/],
    ['1e3', /amount/],
    ['1.299.00', /amount/],
    ['1,299.000.00', /amount/],
  ])('%j is refused', (text, problem) => {
    expect(parseMajorUnits(text, cents)).toEqual({ problem: expect.stringMatching(problem) });
  });

  test.each([
    ['1,299', '.', { minorUnits: 129_900 }],
    ['1.299', ',', { minorUnits: 129_900 }],
    ['1.50', ',', { problem: expect.stringMatching(/amount/) }],
    ['1,299.00', ',', { problem: expect.stringMatching(/amount/) }],
  ] as const)('%j is read with the decimal mark %j', (text, decimalMark, outcome) => {
    expect(parseMajorUnits(text, { decimals: 2, decimalMark })).toEqual(outcome);
  });

  test('has as many decimals as its currency', () => {
    expect(parseMajorUnits('1299', { decimals: decimalsOf('JPY') })).toEqual({ minorUnits: 1299 });
    expect(parseMajorUnits('12.50', { decimals: decimalsOf('JPY') })).toHaveProperty('problem');
    expect(parseMajorUnits('0.5', { decimals: decimalsOf('KWD') })).toEqual({ minorUnits: 500 });
    expect(parseMajorUnits('12.5', { decimals: decimalsOf('HUF') })).toEqual({ minorUnits: 1250 });
  });

  test('is read as it was written, or refused', () => {
    const locale = fc.constantFrom('en-US', 'de-DE', 'fr-FR', 'de-CH', 'en-IN', 'es-ES');
    holds(
      fc.property(fc.nat(100_000_000), locale, (minorUnits, name) => {
        const written = (minorUnits / 100).toLocaleString(name, { minimumFractionDigits: 2 });
        // India groups hundreds of thousands in twos.
        const isKnown = name !== 'en-IN' || minorUnits < 10_000_000;
        expect(parseMajorUnits(written, cents)).toEqual(
          isKnown ? { minorUnits } : { problem: expect.any(String) },
        );
      }),
    );
  });
});
