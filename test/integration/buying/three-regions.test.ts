/** G1 where stock lies in three regions. */
import { expect, test } from '@jest/globals';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { cancelOrder } from '../../../lib/store/orders.js';
import { barrier, countAnswers } from '../../support/faults/barrier.js';
import { countKinds, order, orderOf, orderUntilAnswered } from '../../support/books/buyers.js';
import { openEmulators } from '../../support/stages/open.js';
import {
  afterFirst,
  first,
  isBookUpdate,
  isSurvey,
  to,
  unreachable,
} from '../../support/faults/faults.js';
import { makeFreshFrontEnd, makeFrontEnd, patience } from '../../support/tables/front-ends.js';
import { replicaOf, stockBook, takeStock, tell } from '../../support/books/stocked-books.js';

const regions = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const;

const emulators = await openEmulators(regions, patience);
/** One front end in each region, that sells there first. */
const fronts = await Promise.all(
  regions.map((region) =>
    makeFreshFrontEnd(emulators.config, { region, routing: { sales: 'nearest' } }),
  ),
);

const front = (region: (typeof regions)[number]): FrontEnd =>
  fronts[regions.indexOf(region)] as FrontEnd;

test('G1: 100 buyers at once take the last 30 copies of three regions, and none twice', async () => {
  const bookId = await stockBook(front('us-east-1'), {
    'us-east-1': 4,
    'eu-west-1': 21,
    'ap-south-1': 5,
  });

  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, buyer) =>
      orderUntilAnswered(fronts[buyer % 3] as FrontEnd, bookId),
    ),
  );

  expect(countKinds(outcomes)).toEqual({ placed: 30, 'sold-out': 70 });
  const { replicas } = front('us-east-1');
  expect(await takeStock(replicas, bookId)).toEqual({ sold: 30, left: 0, rights: [0, 0, 0] });
});

test('G1: a purchase gathers what it needs from two other regions', async () => {
  const { replicas } = front('us-east-1');
  const bookId = await stockBook(front('us-east-1'), {
    'us-east-1': 1,
    'eu-west-1': 2,
    'ap-south-1': 3,
  });

  const outcome = await order(front('us-east-1'), bookId, { quantity: 6 });

  expect(orderOf(outcome).region).toBe('us-east-1');
  expect(await takeStock(replicas, bookId)).toEqual({ sold: 6, left: 0, rights: [0, 0, 0] });
});

test.each(regions)(
  'copies on their way from one region through another to a third are sold in %s',
  async (region) => {
    const { replicas } = front('us-east-1');
    const bookId = await stockBook(front('us-east-1'), {
      'us-east-1': 2,
      'eu-west-1': 1,
      'ap-south-1': 0,
    });
    const [us, eu, ap] = regions.map((name) => replicaOf(front('us-east-1'), name));
    await us?.catalog.move(bookId, eu?.site as string, 2);
    await eu?.catalog.move(bookId, ap?.site as string, 1);
    expect(await takeStock(replicas, bookId)).toEqual({ sold: 0, left: 3, rights: [0, 0, 0] });

    const outcome = await order(front(region), bookId, { quantity: 3 });

    expect(orderOf(outcome).region).toBe(region);
    expect(await takeStock(replicas, bookId)).toEqual({ sold: 3, left: 0, rights: [0, 0, 0] });
  },
);

test('G6: copies of two regions are sold while the third is out of reach', async () => {
  const bookId = await stockBook(front('us-east-1'), {
    'us-east-1': 1,
    'eu-west-1': 2,
    'ap-south-1': 1,
  });
  const cutOff = makeFrontEnd(
    { ...emulators.config, DYNAMODB_ENDPOINTS: withoutAp() },
    { region: 'us-east-1', routing: { sales: 'nearest' } },
  );

  const sold = await order(cutOff, bookId, { quantity: 3 });
  const lacking = await order(cutOff, bookId, { quantity: 1 });

  expect([sold.kind, lacking.kind]).toEqual(['placed', 'unknown']);
  const { replicas } = front('us-east-1');
  expect(await takeStock(replicas, bookId)).toMatchObject({ sold: 3, left: 1 });
});

// Two copies or more are there all the time: the buyer's front end fails to move those of eu-west-1, and
// has looked at the others once more when two come back to ap-south-1 and those of eu-west-1 are sold.
// Of that only the sale is told to us-east-1, which is looked at last.
test('G6: what one region tells of another makes nothing sold out', async () => {
  const [us, eu, ap] = regions;
  const bookId = await stockBook(front(us), { [us]: 0, [eu]: 2, [ap]: 2 });
  const sold = orderOf(await order(front(ap), bookId, { quantity: 2 }));
  const lastLook = barrier('before', afterFirst(1, to(us, isSurvey)));
  const looks = [countAnswers(to(eu, isSurvey)), countAnswers(to(ap, isSurvey))];
  const buyer = makeFrontEnd(emulators.config, {
    region: us,
    routing: { sales: 'nearest' },
    faults: [
      unreachable(first(1, to(eu, isBookUpdate))),
      lastLook.interceptor,
      ...looks.map(({ interceptor }) => interceptor),
    ],
  });
  const buying = order(buyer, bookId, { quantity: 2 });

  await Promise.all([lastLook.reached, ...looks.map(({ done }) => done(2))]);
  await cancelOrder(front(ap), sold.id);
  await order(front(eu), bookId, { quantity: 2 });
  await tell(replicaOf(front(us), eu), replicaOf(front(us), us), bookId);
  lastLook.open();

  expect(orderOf(await buying).region).toBe(us);
  expect(await takeStock(buyer.replicas, bookId)).toMatchObject({ sold: 4, left: 0 });
});

const withoutAp = () => ({
  ...emulators.config.DYNAMODB_ENDPOINTS,
  // Nothing listens there.
  'ap-south-1': 'http://127.0.0.1:1',
});
