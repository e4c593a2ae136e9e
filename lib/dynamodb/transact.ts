import {
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { ConditionFailedError, TransactionCancelledError } from '../errors.js';
import type { DocumentClient, TableLink } from './table-link.js';

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What is written at once or not at all, by names that tell the parts apart. */
type Parts<Name extends string> = Readonly<Record<Name, TransactItem>>;

/** The item that a condition did not hold of, where the part asks for it and there was one. */
export interface FailedPart {
  readonly item: Record<string, unknown> | undefined;
}

export type TransactOutcome<Name extends string> =
  | { readonly isDone: true }
  | {
      readonly isDone: false;
      /** The parts whose condition did not hold: at least one. */
      readonly failed: Readonly<Partial<Record<Name, FailedPart>>>;
      /** The parts whose items others were at: whether their conditions hold is not known. */
      readonly contended: ReadonlySet<Name>;
    };

/**
 * Carries out all parts, or none where a condition does not hold.
 *
 * @param send a link's `write` or `writeOnce`, which say what else is thrown.
 */
export async function transact<Name extends string>(
  send: DocumentClient['send'],
  parts: Parts<Name>,
): Promise<TransactOutcome<Name>> {
  const names = Object.keys(parts) as Name[];
  try {
    await send(new TransactWriteCommand({ TransactItems: names.map((name) => parts[name]) }));
    return { isDone: true };
  } catch (error) {
    if (!(error instanceof TransactionCancelledError)) throw error;
    const failed: Partial<Record<Name, FailedPart>> = {};
    const contended = new Set<Name>();
    for (const [place, { conditionFailed, isContended, item }] of error.reasons.entries()) {
      const name = names[place] as Name;
      if (conditionFailed) failed[name] = { item };
      if (isContended) contended.add(name);
    }
    return { isDone: false, failed, contended };
  }
}

/**
 * In a transaction, where there is more than one part: a write of its own costs half as many units.
 *
 * @returns false where a condition did not hold.
 * @throws what the link's `write` throws besides.
 */
export async function writeTogether(link: TableLink, parts: Parts<string>): Promise<boolean> {
  const [{ Put, Update } = {}, ...others] = Object.values(parts);
  try {
    if (others.length > 0) return (await transact(link.write, parts)).isDone;
    if (Put !== undefined) await link.write(new PutCommand(Put));
    if (Update !== undefined) await link.write(new UpdateCommand(Update));
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}
