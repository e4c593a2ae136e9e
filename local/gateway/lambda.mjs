// @ts-check
// Lambda as API Gateway calls it: by its API's Invoke, which serverless-offline has, too.

import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** The longest that API Gateway waits for a function. */
const mostWaitMs = 29_000;

/**
 * Calls a function. What comes of it is its result, or the type of the gateway response that is to
 * be given instead of one.
 *
 * @callback Invoke
 * @param {string} functionName
 * @param {object} event
 * @returns {Promise<{ result: unknown } | { responseType: string }>}
 */

/**
 * @param {{ host: string, port: number }} address of Lambda
 * @returns {Invoke}
 */
export function createInvoke(address) {
  const agent = new Agent({ keepAlive: true });
  return async (functionName, event) => {
    const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
    const signal = AbortSignal.timeout(mostWaitMs);
    const body = JSON.stringify(event);
    const post = () => respond({ ...address, path, method: 'POST', agent, signal }, body);
    try {
      const response = await post().catch((error) => {
        if (error instanceof ClosedConnectionError) return post();
        throw error;
      });
      const result = await text(response);
      // An event holds less than a body may: 6 MB.
      if (response.statusCode === 413) return { responseType: 'REQUEST_TOO_LARGE' };
      const hasFailed = response.statusCode !== 200 || 'x-amz-function-error' in response.headers;
      return hasFailed ? { responseType: 'DEFAULT_5XX' } : { result: parse(result) };
    } catch {
      return { responseType: signal.aborted ? 'INTEGRATION_TIMEOUT' : 'INTEGRATION_FAILURE' };
    }
  };
}

class ClosedConnectionError extends Error {}

/**
 * @param {import('node:http').RequestOptions} options
 * @param {string} body
 * @returns {Promise<import('node:http').IncomingMessage>}
 * @throws ClosedConnectionError where a connection that was kept was closed before it took the request
 */
async function respond(options, body) {
  const call = request(options);
  call.end(body);
  try {
    const [response] = await once(call, 'response');
    return response;
  } catch (error) {
    if (!call.reusedSocket || /** @type {any} */ (error).code !== 'ECONNRESET') throw error;
    throw new ClosedConnectionError('closed', { cause: error });
  }
}

/** @param {string} json */
function parse(json) {
  try {
    return /** @type {unknown} */ (JSON.parse(json));
  } catch {
    return undefined;
  }
}
