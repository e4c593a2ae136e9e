/**
 * Stands between a front end and its tables: calls are recorded, stopped at a step until the test
 * lets them go on, or not answered.
 */
import type { DocumentClient, LinkClients } from '../../../lib/dynamodb/table-link.js';

/** A replica's region, or `cache`. */
export type Place = string;

export interface Call {
  readonly place: Place;
  /** Such as `Query` or `TransactWrite`. */
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What happens to a call: `proceed` carries it out. */
export type Interceptor = (call: Call, proceed: () => Promise<unknown>) => Promise<unknown>;

/** The first interceptor is the one nearest to the front end. */
export const intercept =
  (
    ...interceptors: readonly Interceptor[]
  ): ((place: Place, clients: LinkClients) => LinkClients) =>
  (place, clients) => {
    const wrap = (client: DocumentClient): DocumentClient => {
      const send = (command: { readonly input: Call['input'] }): Promise<unknown> => {
        const call = { place, command: nameOf(command), input: command.input };
        return interceptors.reduceRight<() => Promise<unknown>>(
          (proceed, interceptor) => () => interceptor(call, proceed),
          () => client.send(command as never),
        )();
      };
      return { send: send as DocumentClient['send'] };
    };
    const { read, write, probe } = clients;
    return { ...clients, read: wrap(read), write: wrap(write), probe: wrap(probe) };
  };

const nameOf = (command: object): string => command.constructor.name.replace(/Command$/, '');

const patienceMs = 20_000;

export interface Barrier {
  readonly interceptor: Interceptor;
  /** When the first call that matches stands at the barrier; rejects where none comes. */
  readonly reached: Promise<Call>;
  readonly open: () => void;
}

/** Stops the first call that matches, before it is sent or before its answer comes back. */
export function barrier(step: 'before' | 'after', matches: (call: Call) => boolean): Barrier {
  let reach: (call: Call) => void = () => undefined;
  let open: () => void = () => undefined;
  const reached = new Promise<Call>((resolve, reject) => {
    const overdue = setTimeout(() => reject(new Error('no call came to the barrier')), patienceMs);
    overdue.unref();
    reach = (call) => {
      clearTimeout(overdue);
      resolve(call);
    };
  });
  // Not every test waits for it.
  reached.catch(() => undefined);
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let isSpent = false;
  return {
    reached,
    open: () => open(),
    interceptor: async (call, proceed) => {
      if (isSpent || !matches(call)) return proceed();
      isSpent = true;
      if (step === 'before') {
        reach(call);
        await opened;
        return proceed();
      }
      const answer = await proceed();
      reach(call);
      await opened;
      return answer;
    },
  };
}

/** Tells when so many calls that match have been answered. */
export function countAnswers(matches: (call: Call) => boolean) {
  let answered = 0;
  const waiting: { count: number; resolve: () => void }[] = [];
  const interceptor: Interceptor = async (call, proceed) => {
    const answer = await proceed();
    if (matches(call)) {
      answered += 1;
      for (const { count, resolve } of waiting) if (answered >= count) resolve();
    }
    return answer;
  };
  const done = (count: number) =>
    new Promise<void>((resolve) => {
      if (answered >= count) resolve();
      else waiting.push({ count, resolve });
    });
  return { interceptor, done };
}

export interface Recording {
  readonly interceptor: Interceptor;
  readonly calls: Call[];
  /** How many calls of each kind were made, such as `{ 'cache BatchGet': 1 }`. */
  counted(): Record<string, number>;
  clear(): void;
  /** Forgets what was made before, and counts what work makes. */
  during(work: () => Promise<unknown>): Promise<Record<string, number>>;
}

export function recordCalls(): Recording {
  const calls: Call[] = [];
  const recording: Recording = {
    calls,
    interceptor: (call, proceed) => {
      calls.push(call);
      return proceed();
    },
    counted: () => {
      const counts: Record<string, number> = {};
      for (const { place, command } of calls) {
        const kind = `${place} ${command}`;
        counts[kind] = (counts[kind] ?? 0) + 1;
      }
      return counts;
    },
    clear: () => {
      calls.length = 0;
    },
    during: async (work) => {
      recording.clear();
      await work();
      return recording.counted();
    },
  };
  return recording;
}

export interface Outage {
  readonly interceptor: Interceptor;
  /** Takes the connection to these places away, or gives it back. */
  cutOff(...places: Place[]): void;
  restore(...places: Place[]): void;
}

/** No connection is made to a place that is cut off: nothing that is sent there is carried out. */
export function outage(...cutOff: readonly Place[]): Outage {
  const places = new Set<Place>(cutOff);
  return {
    interceptor: (call, proceed) =>
      places.has(call.place) ? Promise.reject(connectionRefused(call.place)) : proceed(),
    cutOff: (...more) => {
      for (const place of more) places.add(place);
    },
    restore: (...healed) => {
      for (const place of healed) places.delete(place);
    },
  };
}

export const connectionRefused = (place: Place): Error =>
  Object.assign(new Error(`${place} refused the connection`), { code: 'ECONNREFUSED' });
