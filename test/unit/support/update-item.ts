/** The part of DynamoDB's UpdateItem that joins use: values set, and attributes removed, on conditions. */

type Item = Record<string, unknown>;

export interface Update {
  readonly UpdateExpression: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

/** @returns the item as it then is; undefined where the condition does not hold. */
export function updateItem(item: Item, update: Update): Item | undefined {
  const attributes = (path: string) =>
    path.split('.').map((placeholder) => update.ExpressionAttributeNames?.[placeholder] ?? path);
  const valueAt = (path: string) =>
    attributes(path).reduce<unknown>((value, name) => (value as Item | undefined)?.[name], item);
  const given = (placeholder: string) => update.ExpressionAttributeValues?.[placeholder];

  const isTrue = (condition: string): boolean => {
    const [, alternatives] = /^\((.+ OR .+)\)$/.exec(condition) ?? [];
    if (alternatives !== undefined) return alternatives.split(' OR ').some(isTrue);
    const [, missing] = /^attribute_not_exists\((.+)\)$/.exec(condition) ?? [];
    if (missing !== undefined) return valueAt(missing) === undefined;
    const [, path = '', placeholder = ''] = /^(\S+) = (:v\d+)$/.exec(condition) ?? [];
    return valueAt(path) === given(placeholder);
  };
  const conditions = update.ConditionExpression?.split(' AND ') ?? [];
  if (!conditions.every(isTrue)) return undefined;

  const [set = '', removed] = update.UpdateExpression.replace(/^SET /, '').split(' REMOVE ');
  const changed = set.split(', ').reduce<Item>((before, assignment) => {
    const [, path = '', placeholder = ''] = /^(#n\d+) = (:v\d+)$/.exec(assignment) ?? [];
    return { ...before, [attributes(path).join('.')]: given(placeholder) };
  }, item);
  const names = removed?.split(', ').map((path) => attributes(path).join('.')) ?? [];
  return Object.fromEntries(Object.entries(changed).filter(([name]) => !names.includes(name)));
}
