/**
 * What a request says, out of the event that a REST API of API Gateway (payload 1.0) makes of it: path
 * parameters are percent-encoded there, the query is decoded, and only the members that are called
 * `multiValue…` have every value of what is repeated.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { badInput, Problem, toPointer, type InputFault } from './problem.js';

/** Unless the route says otherwise. */
const usualMostBodyBytes = 128 * 1024;

/**
 * Headers by lower-case name, with the values of one that is repeated joined to a list (RFC 9110,
 * 5.3; design Q3); none where the console of API Gateway sends null for them.
 */
export function joinHeaders({ multiValueHeaders }: APIGatewayProxyEvent): Record<string, string> {
  const headers = new Map<string, string>();
  for (const [name, values = []] of Object.entries(multiValueHeaders ?? {})) {
    const key = name.toLowerCase();
    headers.set(key, [headers.get(key) ?? [], ...values].flat().join(', '));
  }
  return Object.fromEntries(headers);
}

/**
 * The different values of a header that takes one, whether it was repeated or a gateway on the way
 * joined it; for headers whose value holds no comma before a blank.
 */
export const valuesOf = (header: string | undefined): string[] =>
  header === undefined ? [] : [...new Set(header.split(/,[ \t]+/))];

/** Path parameters, decoded once. @throws Problem where one is no percent-encoded UTF-8. */
export function readPath({ pathParameters }: APIGatewayProxyEvent): Record<string, string> {
  return withoutFaults(Object.entries(pathParameters ?? {}), 'path', (encoded = '') => {
    try {
      const text = decodeURIComponent(encoded);
      return isDecoded(text) ? { text } : { fault: notUtf8 };
    } catch {
      return { fault: 'is not percent-encoded UTF-8' };
    }
  });
}

/**
 * Query parameters. What a gateway made of a malformed escape can't be told from what was meant so.
 *
 * @throws Problem where one is repeated, or was seen not to be UTF-8.
 */
export function readQuery({
  multiValueQueryStringParameters,
}: APIGatewayProxyEvent): Record<string, string> {
  const parameters = Object.entries(multiValueQueryStringParameters ?? {});
  return withoutFaults(parameters, 'query', (values) => {
    const [text = '', ...others] = values ?? [];
    if (others.length > 0) return { fault: 'is given more than once' };
    return isDecoded(text) ? { text } : { fault: notUtf8 };
  });
}

/** The JSON of a body; of none, an empty object. @throws Problem */
export function readBody(
  { body, isBase64Encoded }: APIGatewayProxyEvent,
  mostBodyBytes = usualMostBodyBytes,
): unknown {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > mostBodyBytes) {
    throw new Problem('body-too-large', `A body holds at most ${mostBodyBytes} bytes.`);
  }
  const refuse = (detail: string, cause?: unknown) =>
    badInput([{ pointer: '#', in: 'body', detail }], cause);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw refuse(notUtf8, cause);
  }
  if (!isDecoded(text)) throw refuse(notUtf8);
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw refuse('is not JSON', cause);
  }
}

/**
 * A reference to another place of the API, relative to the address of the request: it resolves under
 * a stage, under a custom domain's base path, and whatever a proxy in front puts there or takes away.
 *
 * @param place from the API's root, without a slash in front.
 */
export function referenceTo(
  place: string,
  { resource, pathParameters, requestContext }: APIGatewayProxyEvent,
): string {
  const places = resource.replace('{proxy+}', () => pathParameters?.['proxy'] ?? '');
  const depth = places.split('/').filter((part) => part !== '').length;
  // As it was sent: slashes may be doubled in front of the route, and stand behind it.
  const [route = ''] = new RegExp(`(/+[^/]+){${depth}}/*$`).exec(requestContext.path) ?? [];
  return '../'.repeat(route.split('/').length - 2) + place;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

const notUtf8 = 'is not UTF-8, or holds the U+FFFD that gateways put for what is not';

/** U+FFFD is what gateways put for bytes that are not UTF-8 (design Q4). */
const isDecoded = (text: string): boolean => !text.includes('\ufffd');

function withoutFaults<Value>(
  parameters: readonly (readonly [name: string, value: Value])[],
  part: InputFault['in'],
  read: (value: Value) => { readonly text: string } | { readonly fault: string },
): Record<string, string> {
  const faults: InputFault[] = [];
  const texts = parameters.map(([name, value]) => {
    const result = read(value);
    if ('text' in result) return [name, result.text];
    faults.push({ pointer: toPointer([name]), in: part, detail: result.fault });
    return [name, ''];
  });
  if (faults.length > 0) throw badInput(faults);
  return Object.fromEntries(texts);
}
