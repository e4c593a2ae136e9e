import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Scheduler, startMs } from '../../../simulator/clockwork/scheduler.js';

let scheduler: Scheduler;

beforeEach(() => {
  scheduler = new Scheduler();
});

afterEach(() => scheduler.stop());

const runAll = async () => {
  while (await scheduler.step());
};

describe('the scheduler', () => {
  test('lets events happen in the order of their time, then of their scheduling', async () => {
    const happened: string[] = [];
    for (const [delayMs, name] of [
      [20, 'late'],
      [10, 'early'],
      [10, 'early, too'],
      [0, 'now'],
    ] as const) {
      scheduler.after(delayMs, name, () => happened.push(name));
    }
    await runAll();
    expect(happened).toEqual(['now', 'early', 'early, too', 'late']);
    expect(scheduler.nowMs).toBe(startMs + 20);
    expect(scheduler.steps).toBe(4);
  });

  test('keeps that order for many events', async () => {
    const happened: number[] = [];
    for (let event = 0; event < 1_000; event += 1) {
      const delayMs = (event * 7919) % 503;
      scheduler.after(delayMs, 'event', () => happened.push(delayMs));
    }
    await runAll();
    expect(happened).toEqual([...happened].sort((one, other) => one - other));
    expect(happened).toHaveLength(1_000);
  });

  test('leaves out what was called off', async () => {
    const happened: string[] = [];
    const event = scheduler.after(5, 'called off', () => happened.push('called off'));
    scheduler.after(6, 'kept', () => happened.push('kept'));
    event.act = undefined;
    await runAll();
    expect(happened).toEqual(['kept']);
    expect(scheduler.steps).toBe(1);
  });

  test('lets every promise go on before the next event', async () => {
    const happened: string[] = [];
    const slow = async () => {
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      happened.push('promise');
    };
    scheduler.after(1, 'first', () => void slow());
    scheduler.after(1, 'second', () => happened.push('event'));
    await runAll();
    expect(happened).toEqual(['promise', 'event']);
  });

  test('moves the clock and the timers that libraries look at', async () => {
    const fired: number[] = [];
    setTimeout(() => fired.push(Date.now()), 15);
    scheduler.after(30, 'event', () => undefined);
    await runAll();
    expect(fired).toEqual([startMs + 15]);
    expect(Date.now()).toBe(startMs + 30);
  });

  test('stops before what lies behind the given time', async () => {
    scheduler.after(10, 'event', () => undefined);
    expect(await scheduler.step(startMs + 9)).toBe(false);
    expect(await scheduler.step(startMs + 10)).toBe(true);
  });

  test('gives runs that went another way another trace', async () => {
    scheduler.after(10, 'event', () => undefined);
    await runAll();
    const { trace } = scheduler;
    scheduler.stop();
    scheduler = new Scheduler();
    scheduler.after(11, 'event', () => undefined);
    await runAll();
    expect(scheduler.trace).not.toBe(trace);
  });
});
