// @ts-check
// The event that a function gets for a request behind a REST API: `AWS_PROXY`, payload 1.0.

import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';

/**
 * @typedef {object} HttpRequest
 * @property {string} method
 * @property {string} path as sent
 * @property {string} query as sent, without its question mark
 * @property {readonly string[]} rawHeaders names and values in turn, as Node's `rawHeaders`
 * @property {Buffer} body
 * @property {string} sourceIp
 * @property {number} port that it was sent to
 */

/** What API Gateway keeps for itself, in lower case. */
const droppedHeaders = new Set([
  'connection',
  'content-length',
  'content-md5',
  'expect',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
]);

/** The only names that API Gateway writes its own way; the others stay as sent. */
const ownNames = new Map([
  ['authorization', 'Authorization'],
  ['user-agent', 'User-Agent'],
]);

/**
 * @param {HttpRequest} request
 * @param {import('./routes.mjs').Match} match
 * @param {{ accountId: string, apiId: string, stage: string, requestId: string }} context
 */
export function makeEvent(request, { route, pathParameters }, context) {
  const { method, body } = request;
  const headers = collectHeaders(request);
  const query = collectQuery(request.query);
  const isText = isUtf8(body);
  const domainName = lastOf(headers, 'Host')?.replace(/:\d+$/, '') ?? '';
  const now = new Date();
  return {
    resource: route.resource,
    // Slashes that it begins with are one.
    path: request.path.replace(/^\/+/, '/'),
    httpMethod: method,
    headers: lastValues(headers),
    multiValueHeaders: allValues(headers),
    queryStringParameters: lastValues(query),
    multiValueQueryStringParameters: allValues(query),
    pathParameters,
    stageVariables: null,
    body: body.length === 0 ? null : body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
    requestContext: {
      ...context,
      deploymentId: 'local',
      domainName,
      domainPrefix: domainName.split('.')[0],
      extendedRequestId: randomBytes(11).toString('base64'),
      httpMethod: method,
      identity: {
        accountId: null,
        accessKey: null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: request.sourceIp,
        user: null,
        userAgent: lastOf(headers, 'User-Agent') ?? null,
        userArn: null,
      },
      // No stage before it, as behind a custom domain whose base path is empty.
      path: request.path,
      protocol: 'HTTP/1.1',
      requestTime: commonLogTime(now),
      requestTimeEpoch: now.getTime(),
      resourceId: route.resource,
      resourcePath: route.resource,
    },
  };
}

/**
 * Names to values; of a name that is repeated, the spelling and the place of the last one.
 *
 * @typedef {Map<string, { name: string, values: string[] }>} Values
 */

/**
 * @param {Values} to
 * @param {string} key
 * @param {string} name
 * @param {string} value
 */
function add(to, key, name, value) {
  const { values } = to.get(key) ?? { values: [] };
  to.set(key, { name, values: [...values, value] });
}

/**
 * @param {HttpRequest} request
 * @returns {Values} by name in lower case
 */
function collectHeaders({ rawHeaders, sourceIp, port }) {
  /** @type {Values} */
  const headers = new Map();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index);
    const key = name.toLowerCase();
    if (!droppedHeaders.has(key)) add(headers, key, ownNames.get(key) ?? name, value);
  }
  const own = {
    'X-Forwarded-For': sourceIp,
    'X-Forwarded-Port': String(port),
    'X-Forwarded-Proto': 'http',
    'X-Amzn-Trace-Id': lastOf(headers, 'X-Amzn-Trace-Id') ?? newTraceId(),
  };
  for (const [name, value] of Object.entries(own)) {
    headers.set(name.toLowerCase(), { name, values: [value] });
  }
  return headers;
}

/**
 * @param {string} query
 * @returns {Values}
 */
function collectQuery(query) {
  /** @type {Values} */
  const parameters = new Map();
  for (const piece of query.split('&').filter((part) => part !== '')) {
    const [name = '', ...rest] = piece.split('=');
    add(parameters, decodeQuery(name), decodeQuery(name), decodeQuery(rest.join('=')));
  }
  return parameters;
}

/**
 * Leaves an escape that is none as it is; bytes that are not UTF-8 become U+FFFD.
 *
 * @param {string} text
 */
const decodeQuery = (text) =>
  text
    .replaceAll('+', ' ')
    .replaceAll(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
      Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
    );

/**
 * @param {Values} headers
 * @param {string} name
 */
const lastOf = (headers, name) => headers.get(name.toLowerCase())?.values.at(-1);

/** @param {Values} collected */
const lastValues = (collected) => toObject(collected, (values) => values.at(-1));

/** @param {Values} collected */
const allValues = (collected) => toObject(collected, (values) => values);

/**
 * @template Value
 * @param {Values} collected
 * @param {(values: string[]) => Value} choose
 */
const toObject = (collected, choose) =>
  collected.size === 0
    ? null
    : Object.fromEntries([...collected.values()].map(({ name, values }) => [name, choose(values)]));

/** X-Ray's: the time in hexadecimal seconds, and 96 random bits. */
const newTraceId = () =>
  `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;

/** @param {Date} date */
function commonLogTime(date) {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
