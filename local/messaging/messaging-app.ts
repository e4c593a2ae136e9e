import { buildApp } from 'fauxqs';

type App = ReturnType<typeof buildApp>;
export const host = '127.0.0.1';

/** SNS and SQS for all regions; what it keeps is in memory only. */
export function buildMessaging(): App {
  const app = buildApp({ logger: false, host });
  app.addHook('onSend', async (request, reply, payload) => {
    const isReceive = request.headers['x-amz-target'] === 'AmazonSQS.ReceiveMessage';
    if (isReceive && reply.raw.destroyed) await giveBack(app, request.body, payload);
  });
  return app;
}

interface Received {
  readonly Messages?: readonly { readonly ReceiptHandle: string }[];
}

/**
 * Makes messages visible again that nobody hears of: they were handed to a long poll whose worker has
 * ended. They would be away for their whole visibility timeout.
 */
async function giveBack(app: App, request: unknown, payload: unknown): Promise<void> {
  const { QueueUrl: queueUrl } = request as { QueueUrl: string };
  const { Messages: messages = [] } = JSON.parse(String(payload)) as Received;
  if (messages.length === 0) return;
  await app.inject({
    method: 'POST',
    url: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.ChangeMessageVisibilityBatch',
    },
    payload: JSON.stringify({
      QueueUrl: queueUrl,
      Entries: messages.map(({ ReceiptHandle: handle }, index) => ({
        Id: String(index),
        ReceiptHandle: handle,
        VisibilityTimeout: 0,
      })),
    }),
  });
}
