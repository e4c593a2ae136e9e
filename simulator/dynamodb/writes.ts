import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import type {
  DeleteCommandInput,
  PutCommandInput,
  TransactWriteCommandInput,
  UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { Bindings, type ExpressionInputs } from './expressions/bindings.js';
import { isTrue, requireSortable } from './expressions/conditions.js';
import {
  conditionFailed,
  conditionFailedReason,
  invalidReason,
  invalidRequest,
  isInvalidRequest,
  noReason,
  refusedReason,
  transactionCancelled,
  writeRefused,
} from './errors.js';
import {
  parseCondition,
  parseUpdate,
  type Condition,
  type Parsed,
} from './expressions/expressions.js';
import { limits, sizeOfItem } from './limits.js';
import { requireOneOf, requireOnly, type RequestContext } from './requests.js';
import type { Table } from './table.js';
import { UnsupportedRequestError } from './expressions/unsupported.js';
import { requireApart, requireNoKey, updated } from './expressions/updates.js';
import { toStoredAttributes, type Item } from './expressions/values.js';

/** A write that was found well-formed. */
interface Write {
  readonly table: Table;
  readonly id: string;
  readonly holds: (found: Item | undefined) => boolean;
  /** What is there then. @throws ValidationException where the item has not what the write needs. */
  readonly change: (found: Item | undefined) => Item | undefined;
  /** Whether a failed condition tells what was found. */
  readonly tellsFound: boolean;
}

const conditionFields = [
  'TableName',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValuesOnConditionCheckFailure',
];
const putFields = [...conditionFields, 'Item'];
const deleteFields = [...conditionFields, 'Key'];
const updateFields = [...conditionFields, 'Key', 'UpdateExpression'];

export function put(input: PutCommandInput, context: RequestContext): object {
  requireOnly('PutItem', input, putFields);
  carryOut(putOf(input, context), context);
  return {};
}

export function update(input: UpdateCommandInput, context: RequestContext): { Attributes?: Item } {
  requireOnly('UpdateItem', input, [...updateFields, 'ReturnValues']);
  requireOneOf('ReturnValues', input.ReturnValues, ['NONE', 'ALL_NEW']);
  const item = carryOut(updateOf(input, context), context);
  return input.ReturnValues === 'ALL_NEW' && item !== undefined ? { Attributes: item } : {};
}

function carryOut(write: Write, { behaviour, atMs }: RequestContext): Item | undefined {
  const { table, id } = write;
  const refusal = behaviour.writeRefusal(table.name, id);
  if (refusal !== undefined) throw writeRefused(refusal);
  const found = table.get(id);
  if (!write.holds(found)) throw conditionFailed(write.tellsFound ? found : undefined);
  const item = write.change(found);
  table.commit(id, item, atMs);
  return item;
}

/** All of it or nothing; each item's reason is told, whatever the others'. */
export function transactWrite(input: TransactWriteCommandInput, context: RequestContext): object {
  requireOnly('TransactWriteItems', input, ['TransactItems']);
  const writes = (input.TransactItems ?? []).map((item) => writeOf(item, context));
  if (writes.length === 0 || writes.length > limits.actionsOfATransaction) {
    throw invalidRequest(`A transaction has 1 to ${limits.actionsOfATransaction} items`);
  }
  if (new Set(writes.map(({ table, id }) => `${table.name} ${id}`)).size < writes.length) {
    throw invalidRequest('Transaction request cannot include multiple operations on one item');
  }
  const changes = writes.map((write) => tryOut(write, context));
  if (changes.some((change) => 'reason' in change)) {
    throw transactionCancelled(
      changes.map((change) => ('reason' in change ? change.reason : noReason)),
    );
  }
  const items = changes.map((change) => (change as { item: Item | undefined }).item);
  if (
    items.reduce((sum, item) => sum + (item === undefined ? 0 : sizeOfItem(item)), 0) >
    limits.transaction
  ) {
    throw invalidRequest('The items of a transaction have exceeded 4 MB');
  }
  writes.forEach(({ table, id }, place) => table.commit(id, items[place], context.atMs));
  return {};
}

function tryOut(
  write: Write,
  { behaviour }: RequestContext,
): { readonly item: Item | undefined } | { readonly reason: CancellationReason } {
  const { table, id } = write;
  const refusal = behaviour.writeRefusal(table.name, id);
  if (refusal !== undefined) return { reason: refusedReason(refusal) };
  const found = table.get(id);
  if (!write.holds(found)) {
    return { reason: conditionFailedReason(write.tellsFound ? found : undefined) };
  }
  try {
    return { item: write.change(found) };
  } catch (error) {
    if (!isInvalidRequest(error)) throw error;
    return { reason: invalidReason(error) };
  }
}

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

function writeOf(item: TransactItem, context: RequestContext): Write {
  requireOnly('a transaction', item, ['Put', 'Update', 'Delete']);
  const { Put: putInput, Update: updateInput, Delete: deleteInput } = item;
  if (Object.values(item).filter((operation) => operation !== undefined).length !== 1) {
    throw invalidRequest('Each item of a transaction has exactly one operation');
  }
  if (putInput !== undefined) {
    requireOnly('Put of a transaction', putInput, putFields);
    return putOf(putInput, context);
  }
  if (updateInput !== undefined) {
    requireOnly('Update of a transaction', updateInput, updateFields);
    return updateOf(updateInput, context);
  }
  requireOnly('Delete of a transaction', deleteInput as DeleteInput, deleteFields);
  return deleteOf(deleteInput as DeleteInput, context);
}

type PutInput = ConditionInput & Pick<PutCommandInput, 'TableName' | 'Item'>;
type UpdateInput = ConditionInput &
  Pick<UpdateCommandInput, 'TableName' | 'Key' | 'UpdateExpression'>;
type DeleteInput = ConditionInput & Pick<DeleteCommandInput, 'TableName' | 'Key'>;
type ConditionInput = ExpressionInputs &
  Pick<PutCommandInput, 'ConditionExpression' | 'ReturnValuesOnConditionCheckFailure'>;

function putOf(input: PutInput, context: RequestContext): Write {
  const condition = conditionOf(input);
  const bindings = new Bindings(input, [condition]);
  const table = context.table(input.TableName);
  const item = toStoredAttributes(input.Item ?? {});
  const id = table.idIn(item);
  table.check(item);
  return { table, id, ...conditional(input, condition, bindings), change: () => item };
}

function deleteOf(input: DeleteInput, context: RequestContext): Write {
  const condition = conditionOf(input);
  const bindings = new Bindings(input, [condition]);
  const table = context.table(input.TableName);
  const id = table.idOf(toStoredAttributes(input.Key ?? {}));
  return { table, id, ...conditional(input, condition, bindings), change: () => undefined };
}

function updateOf(input: UpdateInput, context: RequestContext): Write {
  if (input.UpdateExpression === undefined) {
    throw new UnsupportedRequestError('an update without an UpdateExpression');
  }
  const condition = conditionOf(input);
  const assignments = parseUpdate(input.UpdateExpression);
  const bindings = new Bindings(input, [condition, assignments]);
  requireApart(assignments.tree, bindings);
  const table = context.table(input.TableName);
  const id = table.idOf(toStoredAttributes(input.Key ?? {}));
  requireNoKey(assignments.tree, bindings, table.key.attribute);
  return {
    table,
    id,
    ...conditional(input, condition, bindings),
    change: (found) => {
      const item = updated(assignments.tree, found ?? table.keyOf(id), bindings);
      table.check(item);
      return item;
    },
  };
}

const conditionOf = ({ ConditionExpression: text }: ConditionInput) =>
  text === undefined ? undefined : parseCondition(text);

function conditional(
  input: ConditionInput,
  condition: Parsed<Condition> | undefined,
  bindings: Bindings,
): Pick<Write, 'holds' | 'tellsFound'> {
  const { ReturnValuesOnConditionCheckFailure: returned } = input;
  requireOneOf('ReturnValuesOnConditionCheckFailure', returned, ['NONE', 'ALL_OLD']);
  if (condition !== undefined) requireSortable(condition.tree, bindings);
  return {
    holds: (found) => condition === undefined || isTrue(condition.tree, found, bindings),
    tellsFound: returned === 'ALL_OLD',
  };
}
