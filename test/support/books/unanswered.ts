/** G2: a change of a book's stock that is not answered is made once all the same. */
import { expect, test } from '@jest/globals';
import { UnavailableError } from '../../../lib/errors.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import type { WriteOffOutcome } from '../../../lib/store/write-off.js';
import { freshKey } from './buyers.js';
import { answerLost, first, isTransaction, late } from '../faults/faults.js';
import { eu, us, type Neighbours } from '../tables/neighbours.js';
import { stockBook, takeStock } from './stocked-books.js';

type Change = (
  front: FrontEnd,
  bookId: number,
  quantity: number,
  key: string,
) => Promise<WriteOffOutcome>;

/**
 * Tests of a change whose answer is lost, and of one that is carried out late.
 *
 * @param verb what the change does with copies.
 * @param copies what each region has before, what is changed, and what is left in the end.
 */
export function testUnanswered(
  { here, there, faulty }: Neighbours,
  verb: 'adds' | 'takes',
  change: Change,
  { stockedEach, quantity, left }: Record<'stockedEach' | 'quantity' | 'left', number>,
): void {
  const stock = () => stockBook(here, { [us]: stockedEach, [eu]: stockedEach });

  test(`and was carried out is answered as done by its key, and ${verb} nothing again`, async () => {
    const bookId = await stock();
    const key = freshKey();
    const front = faulty(answerLost(first(1, isTransaction)));

    const changing = change(front, bookId, quantity, key);
    await expect(changing).rejects.toThrow(UnavailableError);
    await expect(changing).rejects.toMatchObject({ isUnknown: true });
    expect((await change(there, bookId, quantity, key)).kind).toBe('done');

    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left });
  });

  test(`and is carried out late, after its retry, ${verb} nothing`, async () => {
    const bookId = await stock();
    const key = freshKey();
    const { interceptor, release } = late(first(1, isTransaction));

    const changing = change(faulty(interceptor), bookId, quantity, key);
    await expect(changing).rejects.toThrow(UnavailableError);
    await change(here, bookId, quantity, key);

    expect(await release()).toEqual([false]);
    expect(await takeStock(here.replicas, bookId)).toMatchObject({ left });
  });
}
