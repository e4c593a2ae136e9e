import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  ConditionalCheckFailedException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { callRecord, withCallRecord } from '../../../lib/call-record.js';
import { TableLink } from '../../../lib/dynamodb/table-link.js';
import {
  ConditionFailedError,
  TransactionCancelledError,
  UnavailableError,
} from '../../../lib/errors.js';
import { cancelled } from '../../support/faults/faults.js';
import { fakeClient, fakeClients, type FakeClient } from '../support/fake-client.js';
import { fakeSystem } from '../support/fake-system.js';

const where = 'eu-west-1';
const details = { $metadata: { httpStatusCode: 400 }, message: 'no' };
const get = new GetCommand({ TableName: 'books', Key: { id: '7' } });
const update = new UpdateCommand({ TableName: 'books', Key: { id: '7' } });

const throwing = (error: () => Error): FakeClient =>
  fakeClient(() => {
    throw error();
  });

const timeout = () => Object.assign(new Error('timed out'), { name: 'TimeoutError' });
const refusedConnection = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const conflict = () => new TransactionConflictException(details);

const writingLink = (write: FakeClient, system = fakeSystem()) =>
  new TableLink(where, fakeClients({ write }), system);

const readingLink = (read: FakeClient, system = fakeSystem()) =>
  new TableLink(where, fakeClients({ read }), system);

describe('the way to a table', () => {
  test('reads with the one client and writes with the other, for their timeouts differ', async () => {
    const read = fakeClient(() => ({ Item: { id: '7' } }));
    const write = fakeClient(() => ({ Attributes: {} }));
    const link = new TableLink(where, fakeClients({ read, write }), fakeSystem());
    expect(await link.read(get)).toEqual({ Item: { id: '7' } });
    expect(await link.write(update)).toEqual({ Attributes: {} });
    expect(read.sent).toEqual([get.input]);
    expect(write.sent).toEqual([update.input]);
  });

  test('records how long each call took, also those that failed', async () => {
    const system = fakeSystem();
    const slow = fakeClient((_input, call) => {
      system.nowMs += 40;
      if (call === 1) throw timeout();
      return {};
    });
    const link = readingLink(slow, system);
    const timings = await withCallRecord(async () => {
      await link.read(get);
      await link.read(get).catch(() => undefined);
      return callRecord().timings;
    });
    expect([...timings]).toEqual([[where, 80]]);
  });
});

describe('an item that others write', () => {
  const busy = (times: number, error: () => Error = conflict) =>
    fakeClient((_input, call) => {
      if (call < times) throw error();
      return { Attributes: { isDone: true } };
    });

  test('is tried again, after a wait that doubles up to half a second, all of it jitter', async () => {
    for (const random of [0, 0.25, 0.999]) {
      const system = fakeSystem({ random });
      await expect(writingLink(busy(8), system).write(update)).resolves.toEqual({
        Attributes: { isDone: true },
      });
      const ceilings = [10, 20, 40, 80, 160, 320, 500, 500];
      expect(system.slept).toEqual(ceilings.map((ceiling) => ceiling * random));
    }
  });

  test('is tried again too where a transaction conflicts', async () => {
    const write = busy(3, () => cancelled('None', 'TransactionConflict'));
    await writingLink(write).write(update);
    expect(write.sent).toHaveLength(4);
  });

  test('G9: is given up after twelve retries, and then certainly nothing was done', async () => {
    const write = throwing(conflict);
    await expect(writingLink(write).write(update)).rejects.toMatchObject({
      name: 'UnavailableError',
      where,
      isUnknown: false,
    });
    expect(write.sent).toHaveLength(13);
  });

  test('is no reason to stop asking the place', async () => {
    const link = writingLink(busy(13 * 4));
    for (let one = 0; one < 4; one += 1) {
      await expect(link.write(update)).rejects.toThrow(UnavailableError);
    }
    await expect(link.write(update)).resolves.toBeDefined();
  });
});

describe('a condition that does not hold', () => {
  test('is told at once: it is an answer', async () => {
    const write = throwing(() => new ConditionalCheckFailedException(details));
    await expect(writingLink(write).write(update)).rejects.toThrow(ConditionFailedError);
    expect(write.sent).toHaveLength(1);
  });

  test('is told at once in a transaction too, also beside contention', async () => {
    const write = throwing(() => cancelled('TransactionConflict', 'ConditionalCheckFailed'));
    await expect(writingLink(write).write(update)).rejects.toThrow(TransactionCancelledError);
    expect(write.sent).toHaveLength(1);
  });

  test('never stops the place from being asked', async () => {
    const write = throwing(() => new ConditionalCheckFailedException(details));
    const link = writingLink(write);
    for (let one = 0; one < 10; one += 1) await link.write(update).catch(() => undefined);
    expect(write.sent).toHaveLength(10);
  });
});

describe('a place that does not answer', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('G9: leaves the outcome of a write unknown, and the write is not sent twice', async () => {
    const write = throwing(timeout);
    await expect(writingLink(write).write(update)).rejects.toMatchObject({
      name: 'UnavailableError',
      where,
      isUnknown: true,
    });
    expect(write.sent).toHaveLength(1);
  });

  test('G9: certainly did nothing where no connection was made', async () => {
    await expect(writingLink(throwing(refusedConnection)).write(update)).rejects.toMatchObject({
      isUnknown: false,
    });
  });

  test('G6: is no longer asked after three failures, and what is not sent certainly is not done', async () => {
    const read = throwing(timeout);
    const link = readingLink(read);
    for (let one = 0; one < 3; one += 1) {
      await expect(link.read(get)).rejects.toMatchObject({ where: 'eu-west-1', isUnknown: false });
    }
    for (let one = 0; one < 5; one += 1) {
      await expect(link.read(get)).rejects.toMatchObject({
        name: 'UnavailableError',
        where,
        isUnknown: false,
      });
    }
    expect(read.sent).toHaveLength(3);
  });

  test('is not asked for writes either when reads have failed', async () => {
    const link = readingLink(throwing(timeout));
    for (let one = 0; one < 3; one += 1) await link.read(get).catch(() => undefined);
    await expect(link.write(update)).rejects.toMatchObject({ isUnknown: false });
  });

  test('is asked on where it fails now and then only', async () => {
    const read = fakeClient((_input, call) => {
      if (call % 3 !== 2) throw timeout();
      return {};
    });
    const link = readingLink(read);
    for (let one = 0; one < 12; one += 1) await link.read(get).catch(() => undefined);
    expect(read.sent).toHaveLength(12);
  });

  test('is asked on where it answers in between that a condition does not hold', async () => {
    const write = fakeClient((_input, call) => {
      throw call % 3 === 2 ? new ConditionalCheckFailedException(details) : timeout();
    });
    const link = writingLink(write);
    for (let one = 0; one < 12; one += 1) await link.write(update).catch(() => undefined);
    expect(write.sent).toHaveLength(12);
  });

  test('G6: is tried with one call after two seconds, and passed over again if that fails', async () => {
    const read = throwing(timeout);
    const link = readingLink(read);
    const ask = () => link.read(get).catch(() => undefined);
    for (let one = 0; one < 3; one += 1) await ask();
    jest.setSystemTime(Date.now() + 1_999);
    await ask();
    expect(read.sent).toHaveLength(3);
    jest.setSystemTime(Date.now() + 1);
    await Promise.all([ask(), ask(), ask()]);
    expect(read.sent).toHaveLength(4);
    await ask();
    expect(read.sent).toHaveLength(4);
  });

  test('G6: is passed over at once, not waited for, while one call tries it', async () => {
    let fail = (_error: Error): void => undefined;
    const read = fakeClient((_input, call) => {
      if (call < 3) throw timeout();
      return new Promise((_resolve, reject) => {
        fail = reject;
      });
    });
    const link = readingLink(read);
    for (let one = 0; one < 3; one += 1) await link.read(get).catch(() => undefined);
    jest.setSystemTime(Date.now() + 2_000);
    const trial = link.read(get).catch((error: unknown) => error);
    const refusals: unknown[] = [];
    const other = link.read(get).catch((error: unknown) => refusals.push(error));
    await jest.advanceTimersByTimeAsync(0);
    expect(refusals).toMatchObject([{ where, isUnknown: false }]);
    expect(read.sent).toHaveLength(4);
    await other;
    fail(timeout());
    expect(await trial).toMatchObject({ isUnknown: false });
  });

  test('is asked as before once it has answered', async () => {
    let isDown = true;
    const read = fakeClient(() => {
      if (isDown) throw timeout();
      return {};
    });
    const link = readingLink(read);
    for (let one = 0; one < 4; one += 1) await link.read(get).catch(() => undefined);
    isDown = false;
    jest.setSystemTime(Date.now() + 2_000);
    for (let one = 0; one < 5; one += 1) await link.read(get);
    expect(read.sent).toHaveLength(8);
  });
});

describe('a place that left its last call unanswered', () => {
  const answerOf = { Responses: {} };
  const silentLink = async (probe: FakeClient, system = fakeSystem()) => {
    const read = throwing(timeout);
    const link = new TableLink(where, fakeClients({ read, probe }), system);
    await link.read(get).catch(() => undefined);
    return { link, read };
  };
  const probeBooks = (link: TableLink) => link.probe('books', { id: '0' });

  test.each([
    ['an answer', () => ({})],
    [
      'an answer that is a refusal',
      () => {
        throw new ConditionalCheckFailedException(details);
      },
    ],
  ])('G6: is known as silent from that one call on, until %s', async (_, answer) => {
    const client = fakeClient((_input, call) => {
      if (call === 1) throw timeout();
      return answer();
    });
    const link = writingLink(client);
    const seen: boolean[] = [];
    for (let one = 0; one < 3; one += 1) {
      await link.write(update).catch(() => undefined);
      seen.push(link.isSilent);
    }
    expect(seen).toEqual([false, true, false]);
  });

  test('is silent also where its reads, and not its writes, were not answered', async () => {
    const { link } = await silentLink(throwing(timeout));
    expect(link.isSilent).toBe(true);
  });

  test('is not silent for a closed connection, or for what others write', async () => {
    const closed = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    for (const error of [closed, conflict]) {
      const link = writingLink(throwing(error));
      await link.writeOnce(update).catch(() => undefined);
      expect(link.isSilent).toBe(false);
    }
  });

  test('G6: is heard again by a probe, that no call waits for', async () => {
    let answer = (_answer: unknown): void => undefined;
    const { link } = await silentLink(
      fakeClient(
        () =>
          new Promise((resolve) => {
            answer = resolve;
          }),
      ),
    );
    probeBooks(link);
    expect(link.isSilent).toBe(true);
    answer(answerOf);
    await setImmediate();
    expect(link.isSilent).toBe(false);
  });

  test('is heard by a probe that is refused, and not by one that is not answered', async () => {
    const refused = await silentLink(throwing(() => new ConditionalCheckFailedException(details)));
    const unanswered = await silentLink(throwing(refusedConnection));
    for (const { link } of [refused, unanswered]) probeBooks(link);
    await setImmediate();
    expect(refused.link.isSilent).toBe(false);
    expect(unanswered.link.isSilent).toBe(true);
  });

  test('is probed once in two seconds, and each probe gives up the one before', async () => {
    const system = fakeSystem();
    const signals: AbortSignal[] = [];
    const probe = fakeClient(() => new Promise(() => undefined));
    const send = ((command: never, { abortSignal }: { abortSignal: AbortSignal }) => {
      signals.push(abortSignal);
      return probe.send(command);
    }) as FakeClient['send'];
    const { link } = await silentLink({ ...probe, send }, system);
    for (const laterMs of [0, 1_999, 1]) {
      system.nowMs += laterMs;
      probeBooks(link);
    }
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(probe.sent).toEqual([
      { RequestItems: { books: { Keys: [{ id: '0' }] } } },
      { RequestItems: { books: { Keys: [{ id: '0' }] } } },
    ]);
  });

  test('is asked as before by who must, and no probe counts for its circuit', async () => {
    const { link, read } = await silentLink(throwing(timeout));
    for (let one = 0; one < 4; one += 1) {
      probeBooks(link);
      await setImmediate();
      await link.read(get).catch(() => undefined);
    }
    expect(read.sent).toHaveLength(3);
  });
});

describe('a kept connection that the other side has closed', () => {
  const closed = (code = 'ECONNRESET') => Object.assign(new Error('socket hang up'), { code });
  const closing = (times: number, then: () => unknown, code?: string) =>
    fakeClient((_input, call) => {
      if (call < times) throw closed(code);
      return then();
    });

  test.each(['ECONNRESET', 'EPIPE'])('is found out, and the call sent again: %s', async (code) => {
    const read = closing(1, () => ({ Item: { id: '7' } }), code);
    await expect(readingLink(read).read(get)).resolves.toEqual({ Item: { id: '7' } });
    const write = closing(1, () => ({ Attributes: {} }), code);
    await expect(writingLink(write).write(update)).resolves.toEqual({ Attributes: {} });
    expect([read.sent, write.sent].map(({ length }) => length)).toEqual([2, 2]);
  });

  test('is taken for a sign that the others lie closed, too', async () => {
    const read = closing(1, () => ({}));
    const events: string[] = [];
    const closeUnused = () => events.push(`closed after ${read.sent.length}`);
    const link = new TableLink(where, fakeClients({ read, closeUnused }), fakeSystem());
    await link.read(get);
    await link.read(get);
    expect(events).toEqual(['closed after 1']);
  });

  test('is no reason to stop asking the place', async () => {
    const link = readingLink(closing(4, () => ({})));
    await expect(Promise.all([0, 1, 2, 3].map(() => link.read(get)))).resolves.toHaveLength(4);
  });

  test('is not looked for without end', async () => {
    const write = throwing(closed);
    await expect(writingLink(write).write(update)).rejects.toMatchObject({
      name: 'UnavailableError',
      isUnknown: true,
    });
    expect(write.sent).toHaveLength(2);
  });

  test('leaves the outcome unknown, also where what was sent again certainly did nothing', async () => {
    const write = closing(1, () => {
      throw refusedConnection();
    });
    await expect(writingLink(write).write(update)).rejects.toMatchObject({ isUnknown: true });
  });

  test('leaves it unknown too where it is passed over, or others write, from then on', async () => {
    const busyThenGone = fakeClient((_input, call) => {
      if (call === 0) throw closed();
      throw call === 1 ? conflict() : refusedConnection();
    });
    const busy = closing(1, () => {
      throw conflict();
    });
    for (const write of [busyThenGone, busy]) {
      await expect(writingLink(write).write(update)).rejects.toMatchObject({ isUnknown: true });
    }
  });

  test('G6: counts as no answer where the new one is closed as well', async () => {
    const read = throwing(closed);
    const link = readingLink(read);
    for (let one = 0; one < 5; one += 1) await link.read(get).catch(() => undefined);
    expect(read.sent).toHaveLength(6);
  });

  test('G9: is told to who must know of every try', async () => {
    const write = closing(1, () => ({}));
    await expect(writingLink(write).writeOnce(update)).rejects.toMatchObject({ isUnknown: true });
    expect(write.sent).toHaveLength(1);
  });

  test('G6: told to many at once, is no reason to stop asking the place', async () => {
    const link = writingLink(closing(5, () => ({ Attributes: {} })));
    const told = await Promise.allSettled([0, 1, 2, 3, 4].map(() => link.writeOnce(update)));
    expect(told.map(({ status }) => status)).toEqual(told.map(() => 'rejected'));
    await expect(link.writeOnce(update)).resolves.toBeDefined();
  });
});

describe('a defect of ours', () => {
  test('is thrown as it came, at once, and stops nothing', async () => {
    const defect = new TypeError('a defect');
    const write = throwing(() => defect);
    const link = writingLink(write);
    for (let one = 0; one < 5; one += 1) await expect(link.write(update)).rejects.toBe(defect);
    expect(write.sent).toHaveLength(5);
  });
});
