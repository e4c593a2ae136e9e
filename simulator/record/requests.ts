/** Requests and answers in the shapes of API Gateway. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { routes, type Route } from '../../lib/http/routes.js';
import { restApiEvent } from '../../tools/rest-api-event.js';
import { adminToken } from '../places/front-end-place.js';
import type { Answer, Asked } from './history.js';

export const toEvent = ({ route: name, body, key, ...parts }: Asked): APIGatewayProxyEvent => {
  const { method, paths, isAdmin }: Route = routes[name];
  return restApiEvent({
    ...parts,
    method,
    // The second form takes from the query what the first takes from the path.
    resource: parts.path === undefined ? (paths.at(-1) ?? paths[0]) : paths[0],
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
