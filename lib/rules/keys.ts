/**
 * Idempotency keys: the ids that follow from one, what it stands for, and how long its use is
 * remembered beside the copies that it brought.
 */
import { createHash, createHmac } from 'node:crypto';

/** The key of a creation, a restock or a write-off, and what it stands for. */
export interface UsedKey {
  /** Of {@link idOfKey}. */
  readonly id: string;
  /** Of {@link hashOfBody}. */
  readonly bodyHash: string;
}

/** How a key that brought or took copies was used. */
export interface KeyUse {
  readonly bodyHash: string;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

/** By the ids of the keys. */
export type KeyUses = Readonly<Record<string, KeyUse>>;

/** What an order's key stands for. Prices are conditions of a try, not part of it. */
export interface OrderBody {
  /** Each of another book. */
  readonly items: readonly { readonly bookId: number; readonly quantity: number }[];
}

/** What keys are used for. */
export type KeyPurpose = 'order' | 'restock' | 'create' | 'write-off';

const hexDigitsOfId = 32;
const hexDigitsOfBody = 16;

/**
 * The id that follows from an idempotency key and that nobody can guess: a keyed hash. `purpose`
 * keeps an order's keys apart from a restock's.
 */
export const idOfKey = (secret: string, purpose: KeyPurpose, key: string): string =>
  createHmac('sha256', secret).update(`${purpose}\n${key}`).digest('hex').slice(0, hexDigitsOfId);

export const hashOfBody = (body: unknown): string =>
  createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, hexDigitsOfBody);

/** The same of the same items in whatever order. */
export const hashOfOrderBody = ({ items }: OrderBody): string =>
  hashOfBody(
    items
      .map(({ bookId, quantity }) => [bookId, quantity] as const)
      .sort(([one], [other]) => one - other),
  );

/** Where an order is kept whose key was given to another body elsewhere. */
export const disputedId = (orderId: string, bodyHash: string): string => `${orderId}~${bodyHash}`;

/** The id that follows from the key, of an order that is perhaps disputed. */
export const keyIdOf = (orderId: string): string => orderId.split('~', 1)[0] ?? orderId;

export const isDisputedId = (orderId: string): boolean => orderId.includes('~');

/** Where it is recorded that a creation, a restock or a write-off was done with a key. */
export const recordIdOf = (keyId: string): string => `key~${keyId}`;

const keyMemoryMs = 24 * 60 * 60 * 1000;
const mostKeys = 20;

/**
 * The keys that a row need not hold any longer once another is added: those older than a day, and of
 * many in one day all but the newest (design K13). Every sale writes the row, and pays for its size.
 */
export function outdatedKeys(keys: KeyUses, nowMs: number): string[] {
  return (
    Object.entries(keys)
      .sort(([, one], [, other]) => other.usedAt - one.usedAt)
      .filter(([, { usedAt }], place) => place >= mostKeys - 1 || usedAt < nowMs - keyMemoryMs)
      .map(([keyId]) => keyId)
      // Each is a clause of the write that takes it out; who adds the next key takes out the next.
      .slice(-mostKeys)
  );
}
