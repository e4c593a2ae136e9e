import type { Bindings } from './bindings.js';
import { invalidRequest } from '../errors.js';
import type { Assigned, Assignment } from './expressions.js';
import { UnsupportedRequestError } from './unsupported.js';
import { isAttributes, type Attributes, type Item, type Value } from './values.js';

/**
 * The item that a SET and a REMOVE make of another. Every value is computed from the item as it was.
 *
 * @throws ValidationException where the item has not what the update needs.
 */
export function updated(assignments: readonly Assignment[], item: Item, bindings: Bindings): Item {
  return assignments.reduce<Item>((changed, { path, assigned }) => {
    const value = assigned && assignedValue(assigned, item, bindings);
    return withValueAt(changed, bindings.attributes(path), value);
  }, item);
}

/** @throws ValidationException where two assignments meet. */
export function requireApart(assignments: readonly Assignment[], bindings: Bindings): void {
  const paths = assignments.map(({ path }) => bindings.attributes(path));
  paths.forEach((path, place) => {
    if (paths.some((other, otherPlace) => otherPlace < place && doMeet(path, other))) {
      throw invalidRequest(
        'Two document paths overlap with each other; must remove or rewrite one of these paths',
      );
    }
  });
}

/** @throws ValidationException where an assignment names the key. */
export function requireNoKey(
  assignments: readonly Assignment[],
  bindings: Bindings,
  key: string,
): void {
  if (assignments.every(({ path }) => bindings.attributes(path)[0] !== key)) return;
  throw invalidRequest(
    `One or more parameter values were invalid: Cannot update attribute ${key}. This attribute is part of the key`,
  );
}

function doMeet(one: readonly string[], other: readonly string[]): boolean {
  if (one[0] !== other[0]) return false;
  const shorter = one.length < other.length ? one : other;
  return shorter.every((_, level) => one[level] === other[level]);
}

/** @throws ValidationException where the item lacks an attribute, or it is no number. */
function assignedValue(assigned: Assigned, item: Item, bindings: Bindings): Value {
  const value = valueIfAny(assigned, item, bindings);
  if (value !== undefined) return value;
  throw invalidRequest(
    'The provided expression refers to an attribute that does not exist in the item',
  );
}

function valueIfAny(assigned: Assigned, item: Item, bindings: Bindings): Value | undefined {
  switch (assigned.kind) {
    case 'value':
      return bindings.value(assigned.placeholder);
    case 'path':
      return bindings.valueAt(assigned.path, item);
    case 'if-not-exists':
      return bindings.valueAt(assigned.path, item) === undefined
        ? valueIfAny(assigned.otherwise, item, bindings)
        : bindings.valueAt(assigned.path, item);
    case 'sum': {
      const { left, right, sign } = assigned;
      const total =
        addend(assignedValue(left, item, bindings)) +
        sign * addend(assignedValue(right, item, bindings));
      if (!Number.isSafeInteger(total)) throw new UnsupportedRequestError(`a sum of ${total}`);
      return total;
    }
  }
}

function addend(value: Value): number {
  if (typeof value === 'number') return value;
  throw invalidRequest('An operand in the update expression has an incorrect data type');
}

/**
 * A copy of a map in which `value` lies at `path`, or nothing where it is undefined; what is not on the
 * way there is shared.
 */
function withValueAt(
  map: Value | undefined,
  [attribute = '', ...inner]: readonly string[],
  value: Value | undefined,
): Attributes {
  if (!isAttributes(map)) {
    throw invalidRequest(
      'The document path provided in the update expression is invalid for update',
    );
  }
  const { [attribute]: former, ...others } = map;
  const changed = inner.length === 0 ? value : withValueAt(former, inner, value);
  return Object.freeze(changed === undefined ? others : { ...map, [attribute]: changed });
}
