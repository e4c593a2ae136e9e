import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context, DynamoDBStreamEvent } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { publishHandler } from '../../../functions/publish.js';
import { powertoolsHost } from '../../../lib/lambda/powertools-host.js';
import { deployedTopic, type RegionHost } from '../../../lib/lambda/region.js';
import { printedLines, sortLines } from '../../support/requests/printed-lines.js';

let hung: Server;

beforeAll(async () => {
  // It accepts, and never answers.
  hung = createServer(() => {});
  await new Promise<void>((resolve) => {
    hung.listen(0, '127.0.0.1', resolve);
  });
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SNS: `http://127.0.0.1:${(hung.address() as AddressInfo).port}`,
    PREFIX: 'bazar-dev',
    REPLICAS: 'eu-west-1#1',
    CHANGES_TOPIC_ARN: 'arn:aws:sns:eu-west-1:000000000000:changes',
    POWERTOOLS_SERVICE_NAME: 'bazar-dev',
    POWERTOOLS_METRICS_NAMESPACE: 'Bazar',
  });
});

afterAll(() => {
  hung.closeAllConnections();
  hung.close();
});

test('a batch of the stream leaves a line where SNS hangs, before the function is stopped', async () => {
  const region = { ...powertoolsHost(), own: () => ({ region: 'eu-west-1' }) };
  const handler = publishHandler(region as unknown as RegionHost, deployedTopic);
  const NewImage = {
    id: { S: 'heartbeat#eu-west-1' },
    region: { S: 'eu-west-1' },
    beatAt: { N: '1' },
    scope: { S: 'local' },
  };
  const batch = { Records: [{ dynamodb: { NewImage } }] } as unknown as DynamoDBStreamEvent;
  const context = { awsRequestId: 'invocation-1', functionName: 'bazar-dev' } as Context;
  const printed = await printedLines(async () => {
    await expect(handler(batch, context)).rejects.toThrow();
  });
  expect(sortLines(printed).log).toMatchObject([
    {
      level: 'ERROR',
      function_request_id: 'invocation-1',
      region: 'eu-west-1',
      message: 'a batch of the stream was not taken',
      error: { name: 'TimeoutError' },
    },
  ]);
});
