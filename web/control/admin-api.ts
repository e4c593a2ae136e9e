/** Calls of the API with the admin token, and of the lab, which takes the same one. */
import { call, type Call, type Outcome, type Problem } from '../common/api.js';
import { control } from './texts.js';
import { forgetToken, token } from './session.js';
import type { LabState } from './types.js';

/** As `call`; a token that the store refuses is forgotten, so that it is asked for again. */
export async function adminCall<Body>(path: string, options: Call = {}): Promise<Outcome<Body>> {
  const used = token.value;
  const headers = { ...options.headers, Authorization: `Bearer ${used}` };
  const outcome = await call<Body>(path, { ...options, headers });
  const isRefused = outcome.kind === 'problem' && outcome.problem.status === 401;
  // Another may have been given meanwhile.
  if (isRefused && used === token.value) forgetToken({ wasRefused: true });
  return outcome;
}

const mostTries = 6;

/**
 * A change under a key of its own. What is not answered, or answered 503, is sent again with the same key,
 * so that it is done once.
 */
export async function change<Body>(
  path: string,
  { key = crypto.randomUUID(), ...others }: Call & { readonly key?: string } = {},
): Promise<Outcome<Body>> {
  const headers = { ...others.headers, 'Idempotency-Key': key };
  for (let tries = 1; ; tries += 1) {
    const outcome = await adminCall<Body>(path, { method: 'POST', ...others, headers });
    const waitMs = outcome.kind === 'silence' ? 1_000 : retryAfterMsOf(outcome);
    if (waitMs === undefined || tries === mostTries) return outcome;
    await new Promise((resolve) => {
      setTimeout(resolve, waitMs);
    });
  }
}

const retryAfterMsOf = <Body>(outcome: Outcome<Body>): number | undefined =>
  outcome.kind === 'problem' && outcome.problem.status === 503 ? outcome.retryAfterMs : undefined;

/** Why a call brought nothing, in a sentence. */
export function describeFailure(outcome: Outcome<unknown>): string {
  if (outcome.kind === 'silence') return control.failures.silence;
  if (outcome.kind !== 'problem') return '';
  return describeProblem(outcome.problem);
}

export function describeProblem(problem: Problem): string {
  const errors = (problem['errors'] ?? []) as readonly { pointer: string; detail: string }[];
  const faults = errors.map(({ pointer, detail }) => `${pointer.replace(/^#\//, '')} ${detail}`);
  const { detail, title } = problem as unknown as { detail?: string; title?: string };
  return faults.length > 0 ? faults.join('; ') : (detail ?? title ?? String(problem.status));
}

/** Asks the lab; undefined where it does not answer. @throws Error with what it refuses, in a sentence */
export async function askLab(
  lab: string,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE' = 'GET',
  path = '/',
  body?: unknown,
): Promise<LabState | undefined> {
  let response;
  try {
    response = await fetch(lab + path, {
      method,
      headers: {
        Authorization: `Bearer ${token.value}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      cache: 'no-store',
    });
  } catch {
    return undefined;
  }
  const answer = (await response.json()) as LabState & { readonly detail?: string };
  if (!response.ok) throw new Error(answer.detail ?? String(response.status));
  return answer;
}
