import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { Decisions } from '../../../simulator/clockwork/decisions.js';
import { Container, LambdaDeployment } from '../../../simulator/clockwork/lambda-deployment.js';
import { Network } from '../../../simulator/places/network.js';
import type { Place } from '../../../simulator/places/place.js';
import { Scheduler } from '../../../simulator/clockwork/scheduler.js';

const table = 'books';
const cache = 'cache of front 1';
const region = 'us-east-1';

let scheduler: Scheduler;

beforeEach(() => {
  scheduler = new Scheduler();
});

afterEach(() => scheduler.stop());

/** Reads two keys in one batch of a place that goes down as soon as it has read one or both. */
async function readWhileItFails(seed: number) {
  const decisions = new Decisions(seed, () => scheduler.nowMs);
  const network = new Network(scheduler, decisions, { rates: {}, strain: 1, slowness: 0 });
  let reads = 0;
  const place: Place = {
    name: cache,
    region,
    condition: 'up',
    held: [],
    execute: () => {
      reads += 1;
      place.condition = 'down';
      return { Responses: { [table]: [] } };
    },
  };
  const caller = { name: 'front 1', region };
  const deployment = new LambdaDeployment(
    scheduler,
    decisions,
    { offsetMs: 0 },
    (container: Container) => network.clients(caller, container, place),
  );
  const batch = new BatchGetCommand({
    RequestItems: { [table]: { Keys: [{ id: '1' }, { id: '2' }] } },
  });
  const outcome = deployment.invoke('operation 1', 30_000, (clients) =>
    clients.read.send(batch).then(
      () => true,
      () => false,
    ),
  );
  while (await scheduler.step());
  const ended = await outcome;
  const hasAnswer = ended.kind === 'done' && ended.result;
  return { reads, hasAnswer, invocation: ended.invocation };
}

test('a place that fails between two keys of a batch has failed, and has not answered', async () => {
  const runs = [];
  for (let seed = 1; seed <= 40; seed += 1) runs.push(await readWhileItFails(seed));
  expect(new Set(runs.map(({ hasAnswer }) => hasAnswer))).toEqual(new Set([true, false]));
  for (const { reads, hasAnswer, invocation } of runs) {
    expect(reads).toBe(1);
    expect(invocation.answered.has(cache)).toBe(hasAnswer);
    expect(invocation.failed.has(cache)).toBe(!hasAnswer);
  }
});
