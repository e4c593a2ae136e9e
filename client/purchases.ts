/** The account that buyers keep of what they bought, and what the store's answers say of it. */
import { isTemporary, type Answer } from './api-client.js';
import { orderSchema } from '../lib/http/schemas.js';

export interface Purchase {
  readonly key: string;
  readonly items: readonly { readonly bookId: number; readonly quantity: number }[];
}

type Outcome =
  | { readonly kind: 'placed'; readonly orderId: string }
  | { readonly kind: 'refused'; readonly status: number }
  /** The order may exist or not: only the same key may be tried again. */
  | { readonly kind: 'unknown' };

export interface PurchaseAccount {
  /** By the order's id. */
  readonly placed: ReadonlyMap<string, Purchase>;
  readonly unknown: ReadonlySet<Purchase>;
  readonly refusedCount: number;
  /** What was answered that no store may answer. */
  readonly contradictions: readonly string[];
  /** Enters the answer to a purchase, or that there was none; a repeat must say the same again. */
  enter(purchase: Purchase, answer: Answer | undefined): Outcome;
}

export function openAccount(): PurchaseAccount {
  const placed = new Map<string, Purchase>();
  const orderIds = new Map<Purchase, string>();
  const unknown = new Set<Purchase>();
  const contradictions: string[] = [];
  let refusedCount = 0;

  function enter(purchase: Purchase, answer: Answer | undefined): Outcome {
    const outcome = outcomeOf(answer);
    const earlierId = orderIds.get(purchase);
    if (earlierId !== undefined) {
      if (outcome.kind !== 'unknown' && !isOrder(outcome, earlierId)) {
        contradictions.push(`order ${earlierId}: its repeat was answered ${describe(outcome)}`);
      }
      return outcome;
    }

    if (outcome.kind === 'unknown') {
      unknown.add(purchase);
      return outcome;
    }
    unknown.delete(purchase);
    if (outcome.kind === 'refused') {
      refusedCount += 1;
      return outcome;
    }
    if (placed.has(outcome.orderId)) {
      contradictions.push(`order ${outcome.orderId} was answered to two keys`);
    }
    placed.set(outcome.orderId, purchase);
    orderIds.set(purchase, outcome.orderId);
    return outcome;
  }

  return {
    placed,
    unknown,
    contradictions,
    get refusedCount() {
      return refusedCount;
    },
    enter,
  };
}

function outcomeOf(answer: Answer | undefined): Outcome {
  if (answer === undefined || isTemporary(answer) || answer.status >= 500) {
    return { kind: 'unknown' };
  }
  if (answer.status >= 400) return { kind: 'refused', status: answer.status };
  const order = orderSchema.safeParse(answer.body);
  return order.success ? { kind: 'placed', orderId: order.data.id } : { kind: 'unknown' };
}

const isOrder = (outcome: Outcome, orderId: string): boolean =>
  outcome.kind === 'placed' && outcome.orderId === orderId;

const describe = (outcome: Outcome): string =>
  outcome.kind === 'placed' ? `order ${outcome.orderId}` : 'with a refusal';
