import { expect, test } from '@jest/globals';
import { amountText, parseAmount } from '../../../web/control/money.js';

test.each([
  ['12.50', 'USD', 1250],
  [' 12,5 ', 'EUR', 1250],
  ['12', 'USD', 1200],
  ['1200', 'JPY', 1200],
  ['1.234', 'KWD', 1234],
  ['12.345', 'USD', undefined],
  ['12.5', 'JPY', undefined],
  ['-1', 'USD', undefined],
  ['', 'USD', undefined],
  ['a lot', 'USD', undefined],
])('%j of %s is so many minor units', (text, currency, amount) => {
  expect(parseAmount(text, currency)).toBe(amount);
});

test('amounts are shown as they are typed', () => {
  expect(amountText(1250, 'USD')).toBe('12.50');
  expect(amountText(1250, 'JPY')).toBe('1250');
});
