/** What LocalStack's API Gateway shows of the deployed API that a lenient gateway does not. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { beforeAll, expect, test } from '@jest/globals';
import { frontEndUrls } from '../../../deploy/store/deployment.js';
import { connection } from '../../../deploy/target.js';
import { emulatedStore } from '../../../localstack/store.js';
import { asBook, asOrder, clientOf, freshKey, type Client } from '../../http/support/client.js';
import { freshIds } from '../../http/support/store-under-test.js';
import { tokenVariable } from '../../../client/deployed-store.js';
import { eventually } from '../../../tools/eventually.js';
import { findFunction } from '../support/deployed-functions.js';

const { stage, fronts } = emulatedStore;
const [front = ''] = fronts;
const freshId = freshIds();
let url: string;
let client: Client;

beforeAll(async () => {
  [url = ''] = await frontEndUrls(stage, fronts);
  client = clientOf({ url, adminToken: process.env[tokenVariable] ?? '' });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Unlike `fetch`, takes every method and a host of the caller's. */
async function send(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { port } = new URL(url);
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();
  return { status: response.statusCode, headers: response.headers, text };
}

test('HEAD gets what GET does, but for the body', async () => {
  const { id } = await client.createBook({ id: freshId() });
  const { pathname } = new URL(`${url}/info/${id}`);
  const got = await send('GET', pathname);
  const head = await send('HEAD', pathname);
  expect(head).toMatchObject({ status: 200, text: '' });
  expect(got).toMatchObject({ status: 200, text: expect.stringContaining(String(id)) });
  for (const name of ['content-type', 'etag', 'cache-control']) {
    expect(head.headers[name]).toBe(got.headers[name]);
  }
});

test("Location leads to the order under the stage's base path, whichever host the API is called by", async () => {
  const { id } = await client.createBook({ id: freshId() });
  const { host, pathname } = new URL(url);
  const [apiId = ''] = pathname.split('/').slice(-2);
  const addresses = [
    { host, base: pathname },
    { host: `${apiId}.execute-api.localhost.localstack.cloud`, base: `/${stage}` },
  ];
  for (const address of addresses) {
    const path = `${address.base}/buy/${id}`;
    const headers = { host: address.host, 'idempotency-key': freshKey() };
    const bought = await send('POST', path, headers);
    expect(bought.status).toBe(201);
    const order = new URL(bought.headers.location ?? '', `http://${address.host}${path}`);
    expect(order.pathname).toMatch(new RegExp(`^${address.base}/orders/`));
    const found = await send('GET', order.pathname, { host: address.host });
    expect(found).toMatchObject({ status: 200, text: bought.text });
  }
});

test('a method that the gateway itself refuses gets the status of its gateway response', async () => {
  // API Gateway's own is 403. LocalStack has the status of a response, and not its body and headers.
  expect(await send('TRACE', new URL(`${url}/topics`).pathname)).toMatchObject({ status: 404 });
});

test('a function that cannot answer leaves an error of the gateway, which tells nothing of it', async () => {
  const lambda = new LambdaClient(connection(front));
  const { FunctionName } = await findFunction(front, 'list-topics');
  const { Handler } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const handleBy = async (handler: string | undefined): Promise<void> => {
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Handler: handler }));
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60 }, { FunctionName });
  };

  await handleBy('nowhere.handler');
  try {
    await eventually(async () => {
      const { status, text } = await send('GET', new URL(`${url}/topics`).pathname);
      expect({ status, text }).toEqual({
        status: 500,
        text: '{"message": "Internal server error"}',
      });
    });
  } finally {
    await handleBy(Handler);
  }
  await eventually(async () => expect((await client.send('/topics')).status).toBe(200));
});

test('a topic is found by its percent-encoded path, as a gateway hands it on', async () => {
  const topic = `50% wool / C++ ${freshId()}`;
  const { id } = await client.createBook({ id: freshId(), topic });
  await eventually(async () => {
    const { body } = await client.send(`/search/${encodeURIComponent(topic)}`);
    expect(body).toMatchObject({ books: [{ id }] });
  });
  asBook(await client.send(`/info/${id}`));
  asOrder(await client.buy(id, {}, freshKey()), 201);
});
