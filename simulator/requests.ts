/** Requests and answers in the shapes of API Gateway. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { routes, type Route } from '../lib/http/routes.js';
import { restApiEvent } from '../tools/rest-api-event.js';
import { adminToken, type FunctionName } from './front-end-site.js';
import type { Answer, Asked } from './history.js';

const routesByFunction: Readonly<Record<FunctionName, Route>> = {
  ...routes,
  'cancel-order': routes.cancelOrder,
  'create-book': routes.createBook,
  'get-order': routes.getOrder,
  'import-books': routes.importBooks,
  'list-books': routes.listBooks,
  'list-orders': routes.listOrders,
  'list-topics': routes.listTopics,
  'restock-book': routes.restockBook,
  'update-book': routes.changeBook,
};

export const toEvent = (asked: Asked): APIGatewayProxyEvent => {
  const { route, body, key, isAdmin, ...parts } = asked;
  return restApiEvent({
    ...parts,
    resource: routesByFunction[route].paths[0],
    headers: {
      ...(key !== undefined && { 'Idempotency-Key': key }),
      ...(isAdmin === true && { Authorization: `Bearer ${adminToken}` }),
    },
    body: body && JSON.stringify(body),
  });
};

export const toAnswer = ({ statusCode, headers, body }: APIGatewayProxyResult): Answer => ({
  status: statusCode,
  headers: Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  ),
  body: body === '' ? {} : (JSON.parse(body) as Answer['body']),
});
