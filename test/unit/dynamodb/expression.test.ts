import { describe, expect, test } from '@jest/globals';
import { Expression, isThere } from '../../../lib/dynamodb/expression.js';

describe('an expression', () => {
  test('names each attribute once, and each level of a path', () => {
    const expression = new Expression();
    expect(expression.path('row#us-east-1#1', 'moved', 'eu-west-1#1')).toBe('#n0.#n1.#n2');
    expect(expression.path('row#us-east-1#1', 'seq')).toBe('#n0.#n3');
    expect(expression.toCondition().ExpressionAttributeNames).toEqual({
      '#n0': 'row#us-east-1#1',
      '#n1': 'moved',
      '#n2': 'eu-west-1#1',
      '#n3': 'seq',
    });
  });

  test('keeps equal values apart: two clauses never share a placeholder by accident', () => {
    const expression = new Expression();
    expect([expression.value(1), expression.value(1)]).toEqual([':v0', ':v1']);
    expect(expression.toCondition().ExpressionAttributeValues).toEqual({ ':v0': 1, ':v1': 1 });
  });

  test('sets every assignment on every condition', () => {
    const expression = new Expression().setValue('title', 'a');
    const sold = expression.path('sold');
    expression.set(sold, `${sold} + ${expression.value(2)}`);
    expression.require(isThere('sold')).require(() => `${sold} > ${expression.value(0)}`);
    expect(expression.toUpdate()).toEqual({
      UpdateExpression: 'SET #n0 = :v0, #n1 = #n1 + :v1',
      ConditionExpression: 'attribute_exists(#n1) AND #n1 > :v2',
      ExpressionAttributeNames: { '#n0': 'title', '#n1': 'sold' },
      ExpressionAttributeValues: { ':v0': 'a', ':v1': 2, ':v2': 0 },
    });
  });

  test('removes after it has set', () => {
    const expression = new Expression().setValue('title', 'a');
    expression.remove(expression.path('keys', 'one')).remove(expression.path('keys', 'two'));
    expect(expression.toUpdate()).toMatchObject({
      UpdateExpression: 'SET #n0 = :v0 REMOVE #n1.#n2, #n1.#n3',
      ExpressionAttributeNames: { '#n0': 'title', '#n1': 'keys', '#n2': 'one', '#n3': 'two' },
    });
  });

  test('leaves out what it does not have: DynamoDB refuses empty parts', () => {
    expect(new Expression().toCondition()).toEqual({});
    const existing = new Expression();
    existing.require(isThere('id'));
    expect(existing.toCondition()).toEqual({
      ConditionExpression: 'attribute_exists(#n0)',
      ExpressionAttributeNames: { '#n0': 'id' },
    });
  });
});
