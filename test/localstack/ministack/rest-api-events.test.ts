/** What functions get of awkward requests, and what never reaches one. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { frontEndUrls } from '../../../deploy/store/deployment.js';
import { emulatedStore } from '../../../localstack/store.js';
import { sendRequest } from '../../support/requests/raw-http.js';
import { echoSource, expectEvent, recorded } from '../../support/requests/recorded-requests.js';
import { createApiLike } from '../support/echo-api.js';

const { stage, fronts } = emulatedStore;
let url: string;
let echo: Awaited<ReturnType<typeof createApiLike>>;

beforeAll(async () => {
  [url = ''] = await frontEndUrls(stage, fronts);
  echo = await createApiLike(url, fronts[0] ?? '', echoSource);
});

afterAll(() => echo.remove());

test.each(recorded)('a function gets what it gets on LocalStack: %s', async (_, request, event) => {
  await expectEvent(echo.url, request, event, `/${stage}`);
});

test.each(['TRACE', 'BREW'])('no function gets a method %s', async (method) => {
  const { status, body } = await sendRequest(url, { method, target: '/info/2' });
  expect(status).toBe(404);
  expect(JSON.parse(body)).toMatchObject({ type: 'urn:bazar:problem:unknown-route' });
});
