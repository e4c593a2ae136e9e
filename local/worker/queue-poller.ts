import {
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type Message,
  type MessageAttributeValue,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda';
import type { QueueSource } from '../../services/assignments.js';
import { backOff } from './backoff.js';
import { longPollSeconds } from '../clients.js';
import type { Feeding, Invoke } from './invocation.js';

interface QueueFeeding extends Feeding {
  readonly sqs: SQSClient;
  readonly onFirstPoll: () => void;
}

/**
 * Feeds a function from a queue as Lambda's event source mapping does. Messages that were dealt
 * with are deleted; the others come back after the queue's visibility timeout, and go where its
 * redrive policy says after too many tries: the queue sees to both.
 */
export async function pollQueue(
  source: QueueSource,
  { sqs, invoke, signal, onError, onFirstPoll, recoveries }: QueueFeeding,
): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  let failures = 0;
  let queueUrl: string | undefined;
  while (!signal.aborted) {
    try {
      if (queueUrl === undefined) {
        queueUrl = await urlOf(source.queue, sqs, signal);
        // Now, and not when the first long poll has been answered.
        onFirstPoll();
        if (failures > 0) recoveries.ring();
      }
      const messages = await receive(sqs, queueUrl, source.batchSize, signal);
      failures = 0;
      if (messages.length === 0) continue;
      const batch = handleBatch({ source, sqs, invoke, queueUrl, messages }).catch(onError);
      inFlight.add(batch);
      void batch.finally(() => inFlight.delete(batch));
      if (inFlight.size >= source.concurrency) await Promise.race(inFlight);
    } catch (error) {
      if (signal.aborted) break;
      if (failures === 0) onError(error);
      queueUrl = undefined;
      await backOff((failures += 1), signal).catch(() => {});
    }
  }
  await Promise.all(inFlight);
}

/** The address of the queue of an ARN. */
export async function urlOf(arn: string, sqs: SQSClient, signal?: AbortSignal): Promise<string> {
  const name = arn.slice(arn.lastIndexOf(':') + 1);
  const command = new GetQueueUrlCommand({ QueueName: name });
  const { QueueUrl: url } = await sqs.send(command, signal && { abortSignal: signal });
  return url as string;
}

async function receive(
  sqs: SQSClient,
  queueUrl: string,
  batchSize: number,
  signal: AbortSignal,
): Promise<Message[]> {
  const { Messages: messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: batchSize,
      WaitTimeSeconds: longPollSeconds,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
    { abortSignal: signal },
  );
  return messages;
}

interface Batch {
  readonly source: QueueSource;
  readonly sqs: SQSClient;
  readonly invoke: Invoke;
  readonly queueUrl: string;
  readonly messages: readonly Message[];
}

async function handleBatch({ source, sqs, invoke, queueUrl, messages }: Batch): Promise<void> {
  const event: SQSEvent = { Records: messages.map((message) => recordOf(message, source)) };
  const response = (await invoke(event)) as SQSBatchResponse | null | undefined;
  const failed = source.reportsItemFailures ? failedIds(response, messages) : new Set<string>();
  const done = messages.filter(({ MessageId: id }) => !failed.has(id as string));
  if (done.length === 0) return;
  await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: done.map(({ ReceiptHandle: handle }, index) => ({
        Id: String(index),
        ReceiptHandle: handle,
      })),
    }),
  );
}

/** As in Lambda, an answer that names an item that was not in the batch fails all of it. */
function failedIds(
  response: SQSBatchResponse | null | undefined,
  messages: readonly Message[],
): Set<string> {
  const all = new Set(messages.map(({ MessageId: id }) => id as string));
  const failed = new Set(response?.batchItemFailures?.map(({ itemIdentifier: id }) => id));
  return [...failed].every((id) => all.has(id)) ? failed : all;
}

function recordOf(message: Message, { queue }: QueueSource): SQSRecord {
  return {
    messageId: message.MessageId as string,
    receiptHandle: message.ReceiptHandle as string,
    body: message.Body ?? '',
    attributes: message.Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
        name,
        attributeOf(value),
      ]),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queue,
    awsRegion: queue.split(':')[3] ?? '',
  };
}

function attributeOf({
  DataType: dataType,
  StringValue: text,
  BinaryValue: bytes,
}: MessageAttributeValue): SQSMessageAttribute {
  return {
    dataType: dataType as SQSMessageAttribute['dataType'],
    ...(text !== undefined && { stringValue: text }),
    ...(bytes && { binaryValue: Buffer.from(bytes).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
  };
}
