/** What the control room is told: regions, replication, and the depth of every queue. */
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { statusHandler } from '../../functions/status.js';
import { statusSchema } from '../../lib/http/schemas.js';
import { queuesOf } from '../../lib/lambda/control-room.js';
import { beat, joinHeartbeat } from '../../lib/tables/heartbeat.js';
import type { FrontEnd } from '../../lib/store/front-end.js';
import { sqsClient } from '../../local/clients.js';
import { buildMessaging, host } from '../../local/messaging/messaging-app.js';
import { testSecrets } from '../support/tables/front-ends.js';
import { openStage } from '../support/stages/open.js';
import { apiOf, request, type Reply } from '../support/requests/requests.js';
import { openScene } from '../support/stages/scene.js';

const [here, there] = ['us-east-1', 'eu-west-1'] as const;
const stage = await openStage();
const messaging = buildMessaging();
const warnings: unknown[] = [];
let endpoint: string;

beforeAll(async () => {
  const port = await getPort();
  await messaging.listen({ host, port });
  endpoint = `http://${host}:${port}`;
  process.env['AWS_ENDPOINT_URL_SQS'] = endpoint;
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
});

afterAll(async () => {
  delete process.env['AWS_ENDPOINT_URL_SQS'];
  await messaging.close();
});

async function makeQueue(region: string, name: string, messages: number): Promise<void> {
  const sqs = sqsClient(region, endpoint);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `lab-${name}` }));
  for (let count = 0; count < messages; count += 1) {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'news' }));
  }
  sqs.destroy();
}

const ask = (front: FrontEnd, token = 'secret-token'): Promise<Reply> => {
  const controlRoom = {
    askQueue: queuesOf(() => 'lab', {
      warn: (_message, details) => warnings.push(details),
    }),
    labUrl: () => undefined,
  };
  return request(statusHandler(apiOf(front), testSecrets, controlRoom), {
    headers: { Host: 'localhost', Authorization: `Bearer ${token}` },
  });
};

describe('the status', () => {
  test('says of each queue what waits in it, and of one that can’t be asked that it is unknown', async () => {
    await makeQueue(here, 'replicate', 0);
    await makeQueue(there, 'replicate', 3);
    await makeQueue(there, 'replicate-dlq', 1);
    await makeQueue(here, 'invalidate', 2);
    const { status, body } = await ask(stage.front());
    expect(status).toBe(200);
    const { queues, region, lab } = statusSchema.strict().parse(body);
    expect({ region, lab }).toEqual({ region: here, lab: undefined });
    const depths = queues.map((queue) => [queue.region, queue.name, queue.depth?.waiting]);
    expect(depths).toEqual([
      [here, 'replicate', 0],
      [here, 'replicate-dlq', undefined],
      [here, 'changes-subscription-dlq', undefined],
      [here, 'publish-dlq', undefined],
      [here, 'index-words-dlq', undefined],
      [there, 'replicate', 3],
      [there, 'replicate-dlq', 1],
      [there, 'changes-subscription-dlq', undefined],
      [there, 'publish-dlq', undefined],
      [there, 'index-words-dlq', undefined],
      [here, 'invalidate', 2],
      [here, 'invalidate-dlq', undefined],
    ]);
    expect(queues.filter(({ isDeadLetter }) => isDeadLetter)).toHaveLength(9);
    expect(queues.filter(({ depth }) => depth === null)).toHaveLength(8);
    expect(warnings).toContainEqual(
      expect.objectContaining({ region: here, queue: 'publish-dlq' }),
    );
  });

  test('says how far each region is behind the other', async () => {
    const { front } = await openScene(stage);
    const [first, second] = front.replicas;
    await beat(first!, front.system);
    const sentAt = front.system.now();
    await joinHeartbeat(second!, { region: here, beatAt: sentAt - 4_000 });
    const { body } = await ask(front);
    const { regions } = statusSchema.parse(body);
    expect(regions.find(({ region }) => region === there)?.behindMs[here]).toBe(4_000);
  });

  test('G6: is answered with a region out of reach', async () => {
    const { front, links } = await openScene(stage);
    links.cutOff(there);
    const { status, body } = await ask(front);
    expect(status).toBe(200);
    const { regions, status: health } = statusSchema.parse(body);
    expect(health).toBe('degraded');
    expect(regions.map(({ reachable }) => reachable)).toEqual([true, false]);
  });

  test('G8: is for administrators alone', async () => {
    expect((await ask(stage.front(), 'another-token')).status).toBe(401);
  });
});
