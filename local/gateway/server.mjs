// @ts-check
// A REST API on this machine. What clients send reaches the functions as it does on AWS and on
// LocalStack (test/data/rest-api-events.jsonl); what the gateway refuses by itself is answered by
// the template's own gateway responses.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, STATUS_CODES } from 'node:http';
import { compress, toAnswer } from './answers.mjs';
import { makeEvent } from './event.mjs';

/** API Gateway's quota. */
const mostBodyBytes = 10 * 1024 * 1024;

/** What the requests that are under way have left when the gateway is to end. */
const endingTimeMs = 5000;

/**
 * @param {object} api
 * @param {{ accountId: string, apiId: string, stage: string }} api.identity
 * @param {ReturnType<typeof import('./routes.mjs').createRouter>} api.findRoute
 * @param {ReturnType<typeof import('./answers.mjs').createGatewayResponses>} api.respond
 * @param {import('./lambda.mjs').Invoke} api.invoke
 * @param {number} [api.minimumCompressionBytes] none: nothing is compressed
 * @param {{ host: string, port: number }} address
 * @returns {Promise<{ close(): Promise<void> }>} `close` lets what is under way end first
 */
export async function startGateway(
  { identity, findRoute, respond, invoke, minimumCompressionBytes = Infinity },
  { host, port },
) {
  const server = createServer({ requireHostHeader: false });
  // API Gateway keeps the header `Expect` for itself, whatever it says.
  for (const event of ['request', 'checkExpectation']) {
    server.on(event, (request, response) => void handle(request, response));
  }
  server.on('connect', (_request, socket) => refuse(socket, 'MISSING_AUTHENTICATION_TOKEN'));
  server.on('clientError', (/** @type {NodeJS.ErrnoException} */ { code }, socket) => {
    if (code === 'ECONNRESET' || !socket.writable) return;
    // Node's parser knows fewer methods than there may be routes, and more than API Gateway.
    const isMethod = code === 'HPE_INVALID_METHOD';
    refuse(socket, isMethod ? 'MISSING_AUTHENTICATION_TOKEN' : 'DEFAULT_4XX');
  });
  server.listen({ host, port });
  await once(server, 'listening');
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      setTimeout(() => server.closeAllConnections(), endingTimeMs).unref();
      await closed;
    },
  };

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async function handle(request, response) {
    const requestId = randomUUID();
    try {
      send(response, await answer(request, requestId));
    } catch (error) {
      // Nobody waits where the client has gone.
      if (response.destroyed) return;
      console.error(error);
      send(response, respond('DEFAULT_5XX', requestId));
    }
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {string} requestId
   * @returns {Promise<import('./answers.mjs').Answer>}
   */
  async function answer(request, requestId) {
    const { method = '', url = '', rawHeaders, socket } = request;
    const [, path, query = ''] = /^(\/[!->@-~]*)(?:\?([!-~]*))?$/.exec(url) ?? [];
    if (path === undefined || request.headers.host === undefined) {
      return respond('DEFAULT_4XX', requestId);
    }
    const match = findRoute(method, path);
    if (match === undefined) return respond('MISSING_AUTHENTICATION_TOKEN', requestId);
    const body = await readBody(request);
    if (body === undefined) return respond('REQUEST_TOO_LARGE', requestId);

    const sourceIp = socket.remoteAddress ?? '';
    const sent = { method, path, query, rawHeaders, body, sourceIp, port };
    const outcome = await invoke(
      match.route.functionName,
      makeEvent(sent, match, { ...identity, requestId }),
    );
    if ('responseType' in outcome) return respond(outcome.responseType, requestId);
    const result = toAnswer(outcome.result) ?? respond('DEFAULT_5XX', requestId);
    return compress(
      result,
      request.headers['accept-encoding']?.toString(),
      minimumCompressionBytes,
    );
  }

  /**
   * Answers what is not HTTP enough to have a response.
   *
   * @param {import('node:stream').Duplex} socket
   * @param {string} responseType
   */
  function refuse(socket, responseType) {
    const { status, headers, body } = respond(responseType, randomUUID());
    const fields = { ...headers, 'Content-Length': [body.length], Connection: ['close'] };
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      ...Object.entries(fields).map(([name, [value]]) => `${name}: ${value}`),
    ];
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body.toString()}`);
  }
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<Buffer | undefined>} undefined where it is too large
 */
async function readBody(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  let size = 0;
  // To its end in any case: a client that still sends does not read.
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= mostBodyBytes) chunks.push(chunk);
  }
  return size <= mostBodyBytes ? Buffer.concat(chunks) : undefined;
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {import('./answers.mjs').Answer} answer
 */
function send(response, { status, headers, body }) {
  const hasBody = response.req.method !== 'HEAD' && status !== 204 && status !== 304;
  response.writeHead(status, { ...headers, ...(hasBody && { 'Content-Length': body.length }) });
  response.end(hasBody ? body : undefined);
}
