import { describe, expect, test } from '@jest/globals';
import { toIsbn13 } from '../../../lib/rules/isbn.js';

describe('an ISBN', () => {
  test.each([
    ['0-439-02348-3', '9780439023481'],
    ['0439023483', '9780439023481'],
    ['978-0-439-02348-1', '9780439023481'],
    [' 978 0439 02348 1 ', '9780439023481'],
    ['978\u20110439023481', '9780439023481'],
    ['080442957X', '9780804429573'],
    ['0-8044-2957-x', '9780804429573'],
    // Of the years since 2007, which have no ISBN-10.
    ['979-10-90636-07-1', '9791090636071'],
  ])('%j is kept as %s', (text, isbn) => {
    expect(toIsbn13(text)).toBe(isbn);
  });

  test.each([
    ['the check digit', '0-439-02348-4'],
    ['the check digit', '9780439023482'],
    ['two digits', '9784039023481'],
    ['its length', '439023483'],
    ['its length', '97804390234810'],
    ['its prefix', '9770439023484'],
    ['an X elsewhere', '04390X3483'],
    ['an X at the end of thirteen', '978043902348X'],
    ['all', ''],
    ['all', 'RPCs for Noobs'],
    ['its form', '9.78043902348E+12'],
  ])('is none where %s is wrong: %j', (_what, text) => {
    expect(toIsbn13(text)).toBeUndefined();
  });
});
