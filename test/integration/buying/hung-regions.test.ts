/** G6: of three regions two hang, and the third is asked before the function ends. */
import { afterEach, expect, test } from '@jest/globals';
import { buyHandler } from '../../../functions/buy.js';
import { cancelOrderHandler } from '../../../functions/cancel-order.js';
import { infoHandler } from '../../../functions/info.js';
import { searchHandler } from '../../../functions/search.js';
import { updateBookHandler } from '../../../functions/update-book.js';
import type { ApiHandler } from '../../../lib/http/handler.js';
import { regionOf, type Region } from '../../../lib/rules/sites.js';
import type { FrontEnd } from '../../../lib/store/front-end.js';
import { order, orderOf } from '../../support/books/buyers.js';
import { testSecrets } from '../../support/tables/front-ends.js';
import { apiOf, request } from '../../support/requests/requests.js';
import { openStage } from '../../support/stages/open.js';

const regions: readonly Region[] = ['us-east-1', 'eu-west-1', 'ap-south-1'];
/** The timeout of every function of the API: what answers later is answered 503. */
const functionTimeoutMs = 29_000;

const stage = await openStage({ regions });

const signal = (name: 'SIGSTOP' | 'SIGCONT', stopped: readonly Region[]) => {
  for (const region of stopped) stage.emulators.process(region).kill(name);
};

afterEach(() => signal('SIGCONT', regions));

const timed = (handler: ApiHandler): ApiHandler => {
  const deadlineMs = Date.now() + functionTimeoutMs;
  return (event) =>
    handler(event, { getRemainingTimeInMillis: () => deadlineMs - Date.now() } as never);
};

/** As it is deployed, with the time-outs of the configuration, where `last` is tried after the others. */
async function startFront(last: Region): Promise<FrontEnd> {
  const front = await stage.freshFront({
    routing: { sales: 'nearest', reads: 'nearest' },
    freshForMs: 0,
  });
  const isLast = ({ region }: { region: Region }) => region === last;
  const replicas = front.replicas;
  return {
    ...front,
    region: replicas.find((one) => !isLast(one))?.region as Region,
    replicas: [...replicas.filter((one) => !isLast(one)), ...replicas.filter(isLast)],
  };
}

const living: Region = 'ap-south-1';
const hung = regions.filter((region) => region !== living);

test.each([
  ['is in the cache', true],
  ['is not in the cache', false],
])(
  'a book that %s is bought in the third, shown, found, changed and cancelled',
  async (_, isCached) => {
    const id = await stage.bookEverywhere(living, { stock: 30 });
    const front = await startFront(living);
    const api = apiOf(front);
    const path = { id: String(id) };
    if (isCached) orderOf(await order(front, id));
    expect(front.replicas.map(({ site }) => regionOf(site))).toEqual([...hung, living]);
    signal('SIGSTOP', hung);

    const bought = await request(timed(buyHandler(api, testSecrets)), {
      method: 'POST',
      path,
      headers: { 'Idempotency-Key': crypto.randomUUID() },
    });

    expect(bought).toMatchObject({ status: 201, body: { region: living } });
    const orderId = String(bought.body['id']);
    // Containers of their own, that have to find out anew which regions hang.
    const anew = async () => apiOf(await startFront(living));
    const answers = [
      await request(timed(infoHandler(await anew())), { path }),
      await request(timed(searchHandler(await anew())), { path: { topic: `topic ${id}` } }),
      await request(timed(cancelOrderHandler(await anew())), {
        method: 'POST',
        path: { id: orderId },
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const changed = await request(timed(updateBookHandler(await anew(), testSecrets)), {
      method: 'PATCH',
      path,
      headers: { Authorization: `Bearer ${await testSecrets.adminToken()}` },
      body: JSON.stringify({ title: 'Anew' }),
    });
    expect(changed).toMatchObject({ status: 200, body: { title: 'Anew' } });
  },
);
