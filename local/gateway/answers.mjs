// @ts-check
// What a REST API answers: what its function returned, or a gateway response of the template.

import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string[]>} headers
 * @property {Buffer} body
 */

/**
 * A resource of the template, of type `AWS::ApiGateway::GatewayResponse`.
 *
 * @typedef {object} GatewayResponse
 * @property {string} Type
 * @property {{
 *   ResponseType: string,
 *   StatusCode: string,
 *   ResponseParameters: Record<string, string>,
 *   ResponseTemplates: Record<string, string>,
 * }} Properties
 */

/**
 * Makes what gives the answer of the gateway itself, by the type that API Gateway has for it.
 *
 * @param {Record<string, GatewayResponse>} resources of the template
 * @returns {(responseType: string, requestId: string) => Answer}
 * @throws Error at a type that the template lacks
 */
export function createGatewayResponses(resources) {
  const properties = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::ApiGateway::GatewayResponse')
    .map(({ Properties }) => Properties);
  return (responseType, requestId) => {
    const response = properties.find(({ ResponseType }) => ResponseType === responseType);
    if (response === undefined) throw new Error(`there is no gateway response ${responseType}`);
    const headers = Object.entries(response.ResponseParameters).map(([name, value]) => [
      name.replace('gatewayresponse.header.', ''),
      [value === 'context.requestId' ? requestId : value.replace(/^'|'$/g, '')],
    ]);
    const template = response.ResponseTemplates['application/json'] ?? '';
    return {
      status: Number(response.StatusCode),
      headers: Object.fromEntries(headers),
      body: Buffer.from(template.replaceAll('$context.requestId', requestId)),
    };
  };
}

/**
 * @param {unknown} result of a function
 * @returns {Answer | undefined} undefined where it is not what a proxy integration may return
 */
export function toAnswer(result) {
  if (typeof result !== 'object' || result === null) return undefined;
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } =
    /** @type {Partial<import('aws-lambda').APIGatewayProxyResult>} */ (result);
  if (!Number.isInteger(statusCode) || !['string', 'undefined'].includes(typeof body)) {
    return undefined;
  }
  return {
    status: Number(statusCode),
    headers: mergeHeaders(headers ?? {}, multiValueHeaders ?? {}),
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/**
 * Compresses an answer as a REST API with a `MinimumCompressionSize` does: where the client names a
 * coding that the gateway has, and the function has not chosen one itself.
 *
 * @param {Answer} answer of a function
 * @param {string | undefined} acceptEncoding
 * @param {number} minimumBytes
 * @returns {Promise<Answer>}
 */
export async function compress(answer, acceptEncoding, minimumBytes) {
  const coding = codings.find(({ named }) => named.test(acceptEncoding ?? ''));
  const isCoded = Object.keys(answer.headers).some((name) => /^content-encoding$/i.test(name));
  if (coding === undefined || isCoded || answer.body.length < minimumBytes) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, 'Content-Encoding': [coding.name] },
    body: await coding.encode(answer.body),
  };
}

const codings = [
  { name: 'gzip', named: /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i, encode: promisify(gzip) },
  {
    name: 'deflate',
    named: /\bdeflate\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i,
    encode: promisify(deflate),
  },
];

/** What API Gateway leaves to itself to say, and sends under another name. */
const renamedHeaders = new Map([['www-authenticate', 'x-amzn-Remapped-WWW-Authenticate']]);

/**
 * A name in both has the values of the second.
 *
 * @param {Record<string, unknown>} single
 * @param {Record<string, unknown[]>} multiple
 * @returns {Record<string, string[]>}
 */
function mergeHeaders(single, multiple) {
  /** @type {Map<string, [string, string[]]>} */
  const merged = new Map([['content-type', ['Content-Type', ['application/json']]]]);
  for (const [name, value] of Object.entries(single)) {
    merged.set(name.toLowerCase(), [name, [String(value)]]);
  }
  for (const [name, values] of Object.entries(multiple)) {
    merged.set(name.toLowerCase(), [name, values.map(String)]);
  }
  return Object.fromEntries(
    [...merged].map(([key, [name, values]]) => [renamedHeaders.get(key) ?? name, values]),
  );
}
