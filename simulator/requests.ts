/** Requests and answers in the shapes of API Gateway. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { adminToken } from './front-end-site.js';
import type { Answer, Asked } from './history.js';

export const toEvent = ({ method, path, query, body, key, isAdmin }: Asked): APIGatewayProxyEvent =>
  ({
    httpMethod: method,
    headers: {
      ...(key !== undefined && { 'Idempotency-Key': key }),
      ...(isAdmin === true && { Authorization: `Bearer ${adminToken}` }),
    },
    pathParameters: path === undefined ? null : { ...path },
    queryStringParameters: query === undefined ? null : { ...query },
    body: body === undefined ? null : JSON.stringify(body),
    isBase64Encoded: false,
  }) as unknown as APIGatewayProxyEvent;

export const toAnswer = ({ statusCode, headers, body }: APIGatewayProxyResult): Answer => ({
  status: statusCode,
  headers: Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  ),
  body: body === '' ? {} : (JSON.parse(body) as Answer['body']),
});
