import { httpHandler, type Api, type ApiReply } from '../lib/http/handler.js';
import { Problem, tryAgain } from '../lib/http/problem.js';
import { keyReused, unknownBook } from '../lib/http/replies.js';
import { routes } from '../lib/http/routes.js';
import { deployedApi } from '../lib/lambda/api.js';
import { deployedSecrets } from '../lib/lambda/secrets.js';
import { buy, type BuyOutcome } from '../lib/store/buy.js';
import type { Secrets } from '../lib/store/front-end.js';

export const buyHandler = (api: Api, secrets: Secrets) =>
  httpHandler(api, routes.buy, async ({ front, path: { id }, body, idempotencyKey }) => {
    const { quantity, unitPrice } = body;
    const outcome = await buy(front, secrets, {
      bookId: id,
      quantity,
      key: idempotencyKey,
      ...(unitPrice !== undefined && { unitPrice }),
    });
    return toReply(id, outcome);
  });

function toReply(bookId: number, outcome: BuyOutcome): ApiReply {
  switch (outcome.kind) {
    case 'placed':
    case 'repeated':
      return {
        status: outcome.kind === 'placed' ? 201 : 200,
        body: outcome.order,
        location: `orders/${outcome.order.id}`,
      };
    case 'unknown-book':
      throw unknownBook(bookId);
    case 'key-reused':
      throw keyReused();
    case 'sold-out':
      throw new Problem('sold-out', `Only ${outcome.available} copies are left, in all regions.`, {
        extras: { available: outcome.available },
      });
    case 'price-changed':
      throw new Problem('price-changed', `A copy now costs ${outcome.price}.`, {
        extras: { price: outcome.price },
      });
    case 'busy':
      throw tryAgain(
        'busy',
        'No order was placed, and none can still come of this request: try again.',
        { extras: { orderId: outcome.orderId } },
      );
    case 'unknown':
      throw tryAgain(
        'unknown',
        'Whether the order was placed cannot be known now. Try again with the same ' +
          'Idempotency-Key only: with another, you may buy twice.',
        { extras: { orderId: outcome.orderId } },
      );
  }
}

export const handler = buyHandler(deployedApi, deployedSecrets);
