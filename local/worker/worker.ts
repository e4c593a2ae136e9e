import { setPriority } from 'node:os';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import {
  workSchema,
  type Assignment,
  type StreamSource,
  type Work,
} from '../../services/assignments.js';
import { once } from '../../lib/concurrency.js';
import { openCheckpoints } from './checkpoints.js';
import { dynamodbClient, sqsClient, streamsClient } from '../clients.js';
import { createBell } from './bell.js';
import { loadFunction } from './invocation.js';
import { pollQueue, urlOf } from './queue-poller.js';
import { runSchedule } from './schedule.js';
import { pollStream } from './stream-poller.js';
import { watchWrites } from './writes.js';

// One process for each region: it feeds the functions that no HTTP request calls.

/** On AWS these functions have machines of their own; here, whoever waits for an answer goes first. */
const backgroundPriority = 10;

async function main(): Promise<void> {
  setPriority(backgroundPriority);
  const work = workSchema.parse(JSON.parse(process.env['BAZAR_WORK'] ?? ''));
  const ending = new AbortController();
  process.on('SIGTERM', () => ending.abort());
  // The store's own process is gone: a second way to end, beside the watchdog.
  process.on('disconnect', () => process.exit(1));
  await feedAll(work, ending.signal, () => process.send?.('ready'));
  process.exit(0);
}

/** Feeds all functions until the signal aborts; batches in hand are dealt with before it ends. */
async function feedAll(work: Work, signal: AbortSignal, onReady: () => void): Promise<void> {
  const { region, messaging } = work;
  const dynamodb = dynamodbClient(region, work.dynamodb);
  const streams = streamsClient(region, work.dynamodb);
  const sqs = sqsClient(region, messaging);
  const checkpoints = openCheckpoints(work.checkpointFile);
  const writes = watchWrites(work.databaseFile);
  const recoveries = createBell();

  let waitingFor = work.assignments.reduce((sum, { sources }) => sum + sources.length, 0);
  const noteReady = (): void => {
    waitingFor -= 1;
    if (waitingFor === 0) onReady();
  };

  async function feed(assignment: Assignment): Promise<unknown> {
    const { functionName, qualifiedName, sources } = assignment;
    const invoke = await loadFunction(assignment, region);
    return Promise.all(
      sources.map((source) => {
        const onFirst = once(noteReady);
        const onError = reporter(functionName);
        const common = { region, qualifiedName, invoke, signal, onError, recoveries };
        switch (source.kind) {
          case 'stream':
            return pollStream(source, {
              ...common,
              dynamodb,
              streams,
              checkpoints: checkpoints(functionName),
              writes,
              giveUp: (body) => sendToFailureQueue(source, body),
              onFirstPoll: onFirst,
            });
          case 'queue':
            return pollQueue(source, { ...common, sqs, onFirstPoll: onFirst });
          case 'schedule':
            return runSchedule(source, { ...common, ruleName: functionName, onFirstRun: onFirst });
        }
      }),
    );
  }

  async function sendToFailureQueue({ onFailure }: StreamSource, body: string): Promise<void> {
    if (onFailure === undefined) return;
    const url = await urlOf(onFailure, sqs);
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
  }

  await Promise.all(work.assignments.map(feed));
}

const reporter =
  (functionName: string) =>
  (error: unknown): void =>
    console.error(new Date().toISOString(), functionName, error);

await main();
