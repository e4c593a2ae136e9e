/** Whether an answer is one that the API promises. */
import { isDeepStrictEqual } from 'node:util';
import type { Answer } from '../../client/api-client.js';
import { problemKinds, problemType, type ProblemKind } from '../../lib/http/problem.js';
import { routes, type Route } from '../../lib/http/routes.js';
import { problemSchema } from '../../lib/http/schemas.js';

export const operations = [
  'search',
  'info',
  'buy',
  'order',
  'cancel',
  'restock',
  'write-off',
  'change',
] as const;
export type Operation = (typeof operations)[number];

interface Expectation {
  readonly route: Route;
  /** What a customer who makes no mistake may be refused with, beside 503. */
  readonly refusals: readonly ProblemKind[];
}

const expectations: Readonly<Record<Operation, Expectation>> = {
  search: { route: routes.search, refusals: [] },
  info: { route: routes.info, refusals: [] },
  buy: { route: routes.buy, refusals: ['sold-out', 'price-changed'] },
  order: { route: routes['place-order'], refusals: ['sold-out', 'price-changed'] },
  cancel: { route: routes['cancel-order'], refusals: [] },
  restock: { route: routes['restock-book'], refusals: [] },
  'write-off': { route: routes['write-off-book'], refusals: ['sold-out'] },
  change: { route: routes['update-book'], refusals: [] },
};

/** What is wrong with an answer, of a kind or a shape that the API does not promise. */
export function faultOf(
  operation: Operation,
  { status, headers, body }: Answer,
): string | undefined {
  const { route, refusals } = expectations[operation];
  const told = `was answered ${status} ${JSON.stringify(body)}`;
  const schema = route.answers[status];
  if (schema !== undefined) {
    const parsed = schema.safeParse(body);
    return parsed.success && isDeepStrictEqual(parsed.data, body)
      ? undefined
      : `${told}, which is not of the shape that the API promises`;
  }
  const unavailable = route.problems.filter((name) => problemKinds[name].status === 503);
  const kind = [...refusals, ...unavailable].find(
    (name) => problemKinds[name].status === status && problemTypeOf(body) === problemType(name),
  );
  if (kind === undefined) return told;
  if (problemKinds[kind].status !== 503) return undefined;
  if (!(Number(headers.get('retry-after')) > 0)) return `${told}, without Retry-After`;
  return undefined;
}

const problemTypeOf = (body: unknown): string | undefined =>
  problemSchema.safeParse(body).data?.type;
