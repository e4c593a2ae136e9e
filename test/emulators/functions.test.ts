/** What runs functions on LocalStack without Docker does as Lambda does. */
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  LambdaClient,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import { findProcess } from '../../tools/processes/process-table.js';
import { eventually } from '../../tools/eventually.js';
import { startEmulator, type TestEmulator } from './support/emulator.js';
import { descendantsOf } from './support/processes.js';
import { invoke, linesLogged, makeFunction, makeRole, type Outcome } from './support/functions.js';

const mostProcesses = 3;

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startEmulator('localstack', '--function-processes', String(mostProcesses));
});

afterAll(() => emulator.stop());

const make = (source: string, more?: Partial<CreateFunctionCommandInput>): Promise<string> =>
  makeFunction(emulator.connection, source, more);
const call = (name: string, event?: unknown): Promise<Outcome> =>
  invoke(emulator.connection, name, event);

const linesOf = (name: string): Promise<string[]> => linesLogged(emulator.connection, name);

/** The processes of functions that run, or wait. */
const functionProcesses = (): number[] =>
  descendantsOf(emulator.process.pid).filter((pid) =>
    findProcess(pid)?.command.includes('function-runtime'),
  );

describe('a function', () => {
  test('gets its event, its context and its own environment, and nothing of the emulator’s', async () => {
    const source = `
      export const handler = async (event, context) => ({
        event,
        name: context.functionName,
        hasTime: context.getRemainingTimeInMillis() > 15_000,
        region: process.env.AWS_REGION,
        given: process.env.GIVEN,
        others: Object.keys(process.env).filter((name) => /PYTHON|GATEWAY|PROVIDER/.test(name)),
      })`;
    const name = await make(source, { Environment: { Variables: { GIVEN: 'this' } } });
    const event = { text: 'ä€😀', list: [1, null] };
    expect(await call(name, event)).toEqual({
      functionError: undefined,
      payload: { event, name, hasTime: true, region: 'us-east-1', given: 'this', others: [] },
    });
  });

  test('keeps its state from call to call, while its process lives', async () => {
    const name = await make('let calls = 0; export const handler = async () => ++calls;');
    expect((await call(name)).payload).toBe(1);
    expect((await call(name)).payload).toBe(2);
  });

  test('tells what it threw, and goes on', async () => {
    const source = `
      let calls = 0;
      export const handler = async ({ fails }) => {
        calls += 1;
        if (fails) throw new RangeError('too far');
        return calls;
      }`;
    const name = await make(source);
    expect(await call(name, { fails: true })).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'RangeError', errorMessage: 'too far' },
    });
    expect((await call(name)).payload).toBe(2);
  });

  test.each([
    ['a module that throws', 'throw new TypeError("not today");', 'TypeError', 'not today'],
    ['a syntax error', 'export const handler = (', 'SyntaxError', ''],
    ['no such export', 'export const other = 1;', 'Error', 'handler is not exported by index'],
  ])('that cannot be loaded says so: %s', async (_, source, errorType, errorMessage) => {
    const name = await make(source);
    expect(await call(name)).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType, errorMessage: expect.stringContaining(errorMessage) },
    });
  });

  test.each([
    ['waits', 'await new Promise(() => setInterval(() => {}, 1000));'],
    ['calculates', 'for (;;);'],
  ])('that takes too long is ended while it %s, and starts anew', async (_, body) => {
    const source = `
      let calls = 0;
      export const handler = async ({ hangs }) => {
        calls += 1;
        if (hangs) { console.log('about to hang'); ${body} }
        return calls;
      }`;
    const name = await make(source, { Timeout: 2 });
    await call(name);
    expect(await call(name, { hangs: true })).toMatchObject({
      functionError: 'Unhandled',
      payload: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(
          /^RequestId: .* Error: Task timed out after 2.00 seconds$/,
        ),
      },
    });
    expect((await call(name)).payload).toBe(1);
    await eventually(async () => expect(await linesOf(name)).toContain('about to hang'));
  });

  test('that crashes takes nothing with it, and starts anew', async () => {
    const source = `
      let calls = 0;
      export const handler = async ({ code }) => {
        calls += 1;
        if (code) process.exit(code);
        return calls;
      }`;
    const name = await make(source);
    await call(name);
    expect(await call(name, { code: 3 })).toMatchObject({
      functionError: 'Unhandled',
      payload: {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(/Runtime exited with error: exit status 3$/),
      },
    });
    expect((await call(name)).payload).toBe(1);
  });

  test('that wants more memory than it has ends, and starts anew', async () => {
    const source = `
      const kept = [];
      export const handler = async ({ wants }) => {
        while (wants) kept.push(Array.from({ length: 1e6 }, (_, index) => index));
        return 'well';
      }`;
    const name = await make(source, { MemorySize: 128, Timeout: 60 });
    expect(await call(name, { wants: true })).toMatchObject({
      payload: { errorType: 'Runtime.ExitError' },
    });
    expect((await call(name)).payload).toBe('well');
  });

  test('has what it prints in CloudWatch Logs, whole and in order, however much it is', async () => {
    const source = `
      export const handler = async () => {
        for (let line = 0; line < 3000; line += 1) console.log('line', line, 'x'.repeat(60));
        console.error('the end');
      }`;
    const name = await make(source);
    expect(await call(name)).toEqual({ functionError: undefined, payload: null });
    await eventually(async () => {
      const lines = await linesOf(name);
      expect(lines.filter((line) => line.startsWith('line ')).length).toBeGreaterThan(0);
    });
    const printed = await linesOf(name);
    const expected = Array.from({ length: 3000 }, (_, line) => `line ${line} ${'x'.repeat(60)}`);
    expect(printed.filter((line) => line.startsWith('line '))).toEqual(expected);
    expect(printed[0]).toMatch(/^START RequestId: /);
    expect(printed.at(-3)).toBe('the end');
  });
});

test('there are never more processes of functions than allowed, and every call is answered', async () => {
  const source = `
    export const handler = async ({ number }) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return number;
    }`;
  const names = await Promise.all([make(source), make(source)]);
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, functionProcesses().length)), 20);
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, number) => call(names[number % 2] as string, { number })),
  );
  clearInterval(watch);
  expect(answers.map(({ payload }) => payload)).toEqual(answers.map((_, number) => number));
  expect(most).toBe(mostProcesses);
});

test('what has no Node process is refused when it is made', async () => {
  const lambda = new LambdaClient(emulator.connection);
  const FunctionName = 'of-python';
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'python3.13',
      Role: await makeRole(emulator.connection),
      Handler: 'index.handler',
      Code: { ZipFile: zipSync({ 'index.py': strToU8('def handler(event, context): pass') }) },
    }),
  );
  await eventually(async () => {
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    expect(Configuration).toMatchObject({
      State: 'Failed',
      StateReason: expect.stringContaining('only functions of Node.js'),
    });
  });
});
