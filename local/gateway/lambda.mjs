// @ts-check
// Lambda as API Gateway calls it: by its API's Invoke, which serverless-offline has, too.

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
 * @param {string} endpoint of Lambda
 * @returns {Invoke}
 */
export const createInvoke = (endpoint) => async (functionName, event) => {
  const url = `${endpoint}/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(mostWaitMs),
    });
    // An event holds less than a body may: 6 MB.
    if (response.status === 413) return { responseType: 'REQUEST_TOO_LARGE' };
    if (!response.ok || response.headers.has('x-amz-function-error')) {
      return { responseType: 'DEFAULT_5XX' };
    }
    return { result: parse(await response.text()) };
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    return { responseType: isTimeout ? 'INTEGRATION_TIMEOUT' : 'INTEGRATION_FAILURE' };
  }
};

/** @param {string} text */
function parse(text) {
  try {
    return /** @type {unknown} */ (JSON.parse(text));
  } catch {
    return undefined;
  }
}
