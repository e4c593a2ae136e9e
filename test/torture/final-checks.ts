/** The checks that follow once everything is healed: do the regions agree, and with what was told? */
import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from '../../client/api-client.js';
import { isComplete, toBook } from '../../lib/rules/book.js';
import type { Holding } from '../../simulator/checks/holdings.js';
import { untilSame } from '../chaos/support/holdings.js';
import { configOf, frontEndOf } from '../chaos/support/tables.js';
import { eventually } from '../../tools/eventually.js';
import type { RunningStore } from '../../local/store-process.js';
import type { History } from './history.js';
import { judge, type StockTotals } from './judge.js';
import type { Violation } from './violations.js';

/** Reconcile comes by every minute, and a message that a killed worker had comes back after one. */
const agreementDeadlineMs = 240_000;
/** An entry of the cache is fresh for 30 s at most. */
const shownDeadlineMs = 60_000;

export interface Findings {
  readonly violations: readonly Violation[];
  /** Undefined where the regions did not come to agree. */
  readonly totals: StockTotals | undefined;
}

/** Waits until all regions hold the same, and weighs that against what was told and is shown. */
export async function checkStore(
  api: ApiClient,
  store: RunningStore,
  history: History,
): Promise<Findings> {
  const front = frontEndOf(store);
  const bookIds = history.books.map(({ id }) => id);
  let holdings: Holding[];
  try {
    holdings = await untilSame(front, bookIds, agreementDeadlineMs);
  } catch (error) {
    const what = `after ${agreementDeadlineMs / 1000} s in peace, ${(error as Error).message}`;
    return { violations: [{ promised: 'G4', what }], totals: undefined };
  }
  const { ORDER_SECRET: orderSecret = '' } = configOf(store);
  const { violations, ...totals } = judge(history, holdings, orderSecret);
  const shown = await Promise.all(
    bookIds.map((id) => checkShown(api, id, front.currency, holdings)),
  );
  return { violations: [...violations, ...shown.flat()], totals };
}

/** G5: what customers are shown is what the tables hold, at the latest when the cache asks again. */
async function checkShown(
  api: ApiClient,
  id: number,
  currency: string,
  [holding]: readonly Holding[],
): Promise<Violation[]> {
  const state = holding?.books.get(id)?.state;
  const held = isComplete(state) ? toBook(state, currency) : undefined;
  const look = async (): Promise<Violation[]> => {
    const { body } = await api.sendOnce({ path: `/info/${id}` });
    if (isDeepStrictEqual(body, held)) return [];
    throw new Error(`shown is ${JSON.stringify(body)}, held is ${JSON.stringify(held)}`);
  };
  return eventually(look, { deadlineMs: shownDeadlineMs, everyMs: 500 }).catch((error: Error) => [
    { promised: 'G5', what: error.message },
  ]);
}
