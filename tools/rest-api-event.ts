/**
 * Requests as a REST API of API Gateway hands them to a function (payload 1.0): path parameters as
 * they were sent, the query decoded, every value of what may be repeated, and null for what is not there.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';

type Values = Readonly<Record<string, string | readonly string[]>>;

export interface RestApiRequest {
  readonly method: string;
  /** The path template of the route; unless told, one of as many places as there are in `path`. */
  readonly resource?: string;
  /** What stands in the places of the template; the event has it percent-encoded. */
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: Values | undefined;
  /** The console of API Gateway sends null for none. */
  readonly headers?: Values | null | undefined;
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean;
  /** The base path of a custom domain; unless told, the request goes to the invoke URL of a stage. */
  readonly basePath?: string;
  /** API Gateway's id of the request. */
  readonly requestId?: string;
}

export function restApiEvent(request: RestApiRequest): APIGatewayProxyEvent {
  const { method: httpMethod, headers = {}, body = null, isBase64Encoded = false } = request;
  const parameters = mapValues(request.path ?? {}, encodeURIComponent);
  const places = Object.keys(parameters).map((name) => `/{${name}}`);
  const { resource = `/route${places.join('')}`, basePath, requestId = 'request-0' } = request;
  const query = nullIfEmpty(mapValues(request.query ?? {}, toList));
  const route = resource.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
  const multiValueHeaders = headers && mapValues(headers, toList);
  return {
    resource,
    path: (basePath ?? '') + route,
    httpMethod,
    headers: multiValueHeaders && mapValues(multiValueHeaders, last),
    multiValueHeaders,
    queryStringParameters: query && mapValues(query, last),
    multiValueQueryStringParameters: query,
    pathParameters: nullIfEmpty(parameters),
    stageVariables: null,
    requestContext: { requestId, path: (basePath ?? '/dev') + route },
    body,
    isBase64Encoded,
  } as unknown as APIGatewayProxyEvent;
}

const toList = (value: string | readonly string[]): string[] => [value].flat();

const last = (values: readonly string[]): string => values.at(-1) ?? '';

const mapValues = <Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

const nullIfEmpty = <Value>(record: Record<string, Value>): Record<string, Value> | null =>
  Object.keys(record).length > 0 ? record : null;
