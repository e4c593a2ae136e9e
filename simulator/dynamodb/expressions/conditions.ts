import type { Bindings } from './bindings.js';
import { invalidRequest } from '../errors.js';
import type { Comparator, Condition, Operand } from './expressions.js';
import { compare, isSame, isSortable, type Item, type Value } from './values.js';

/** @param item undefined where there is none: then every attribute is missing. */
export function isTrue(condition: Condition, item: Item | undefined, bindings: Bindings): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every((part) => isTrue(part, item, bindings));
    case 'or':
      return condition.conditions.some((part) => isTrue(part, item, bindings));
    case 'exists':
      return (bindings.valueAt(condition.path, item) !== undefined) === condition.isWanted;
    case 'compare':
      return holds(
        condition.comparator,
        valueOf(condition.left, item, bindings),
        valueOf(condition.right, item, bindings),
      );
    case 'between': {
      const value = valueOf(condition.operand, item, bindings);
      return (
        holds('>=', value, valueOf(condition.low, item, bindings)) &&
        holds('<=', value, valueOf(condition.high, item, bindings))
      );
    }
  }
}

/** @throws ValidationException where a condition asks for the order of what has none. */
export function requireSortable(condition: Condition, bindings: Bindings): void {
  if (condition.kind === 'and' || condition.kind === 'or') {
    for (const part of condition.conditions) requireSortable(part, bindings);
  }
  if (condition.kind !== 'compare') return;
  if (condition.comparator === '=' || condition.comparator === '<>') return;
  for (const operand of [condition.left, condition.right]) {
    if (operand.kind === 'value' && !isSortable(bindings.value(operand.placeholder))) {
      throw invalidRequest(
        `Invalid ConditionExpression: Incorrect operand type for operator or function; operator: ${condition.comparator}`,
      );
    }
  }
}

const valueOf = (operand: Operand, item: Item | undefined, bindings: Bindings): Value | undefined =>
  operand.kind === 'value'
    ? bindings.value(operand.placeholder)
    : bindings.valueAt(operand.path, item);

/** What is missing, or of another type, is neither equal nor before nor behind. */
export function holds(
  comparator: Comparator,
  left: Value | undefined,
  right: Value | undefined,
): boolean {
  if (comparator === '<>') return !isEqual(left, right);
  if (comparator === '=') return isEqual(left, right);
  if (!isSortable(left) || !isSortable(right) || typeof left !== typeof right) return false;
  const order = compare(left, right);
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

const isEqual = (left: Value | undefined, right: Value | undefined): boolean =>
  left !== undefined && right !== undefined && isSame(left, right);
