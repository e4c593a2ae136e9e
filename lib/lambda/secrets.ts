import { ParameterNotFoundError } from '@aws-lambda-powertools/parameters/errors';
import { SSMProvider } from '@aws-lambda-powertools/parameters/ssm';
import { SSMClient, SSMServiceException } from '@aws-sdk/client-ssm';
import { UnavailableError } from '../errors.js';
import type { Secrets } from '../store/front-end.js';
import { realSystem, type System } from '../system.js';
import type { Telemetry } from '../telemetry.js';
import { deployedApiHost } from './api-host.js';
import { timeouts } from './clients.js';
import { silentSdkLogger } from './sdk-logger.js';

/** How long the admin token counts as current after it was read: a rotated one works this soon. */
const currentForMs = 5 * 60 * 1000;
/** How long a token that SSM was silent of is used before SSM is asked again. */
const askedAgainAfterMs = 30 * 1000;
/** Twice this, for there are two tries, is a small part of the time that a function has. */
const answerWithinMs = 2_000;

/** Kept for good: of what is older than `maxAge` the provider gives nothing where SSM is silent. */
const kept = { decrypt: true, throwOnMissing: true, maxAge: 10 * 365 * 24 * 60 * 60 } as const;

/**
 * The secrets of the stage: from the environment where they are set there (a laptop), otherwise
 * from SSM Parameter Store, below `SECRETS_PATH`. Where that does not answer, or throttles, what is
 * known stays in use.
 */
export function secretsOf(
  system: Pick<System, 'now'>,
  telemetry: Pick<Telemetry, 'warn'>,
): Secrets {
  let made: SSMProvider | undefined;
  const provider = () =>
    (made ??= new SSMProvider({
      awsSdkV3Client: new SSMClient({
        maxAttempts: 2,
        requestHandler: timeouts(answerWithinMs),
        logger: silentSdkLogger,
      }),
    }));
  const given = (variable: string) => process.env[variable] || undefined;

  async function ask(parameter: string, { isForced = false } = {}): Promise<string> {
    const name = `${process.env['SECRETS_PATH']}/${parameter}`;
    try {
      return await provider().get(name, { ...kept, forceFetch: isForced });
    } catch (error) {
      if (error instanceof ParameterNotFoundError) throw error;
      const { cause } = error as Error;
      if (!isSilence(cause)) throw error;
      throw new UnavailableError('SSM', { isUnknown: false, cause });
    }
  }

  let currentUntilMs = 0;
  let askAgainAtMs = 0;

  async function adminToken({ isCertain = false } = {}): Promise<string> {
    const nowMs = system.now();
    if (nowMs >= askAgainAtMs) {
      try {
        await ask('admin-token', { isForced: true });
        currentUntilMs = nowMs + currentForMs;
        askAgainAtMs = currentUntilMs;
      } catch (error) {
        const isKnown = currentUntilMs > 0;
        if (!isKnown || !(error instanceof UnavailableError)) throw error;
        askAgainAtMs = nowMs + askedAgainAfterMs;
        telemetry.warn('the admin token could not be read again; the one that is known stays', {
          cause: String(error.cause),
        });
      }
    }
    if (isCertain && nowMs >= currentUntilMs) {
      throw new UnavailableError('SSM', { isUnknown: false });
    }
    return ask('admin-token');
  }

  return {
    // It never changes: read once.
    orderSecret: async () => given('ORDER_SECRET') ?? ask('order-secret'),
    adminToken: async (options) => given('ADMIN_TOKEN') ?? adminToken(options),
  };
}

const throttled = /Throttl|TooManyRequests|LimitExceeded/;

/** Whether there was no answer, or only that there were too many requests, or a fault of SSM's own. */
const isSilence = (error: unknown): boolean =>
  !(error instanceof SSMServiceException) ||
  error.$fault === 'server' ||
  throttled.test(error.name);

export const deployedSecrets: Secrets = secretsOf(realSystem, deployedApiHost.telemetry);
