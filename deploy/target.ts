/** Where a deployment goes: an emulator, where AWS_ENDPOINT_URL names one, or else AWS. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { CommandError } from '../tools/terminal/command-error.js';
import type { Region } from '../lib/rules/sites.js';

/** The emulator's address without a slash at its end; undefined where AWS itself is meant. */
export function emulatorUrl(): string | undefined {
  return process.env['AWS_ENDPOINT_URL']?.replace(/\/+$/, '') || undefined;
}

/**
 * Prepares this process, and those that it starts, for the target. An emulator is never sent
 * credentials that are good for AWS unless the environment names them on purpose.
 *
 * @throws CommandError where AWS_ENDPOINT_URL is no address.
 */
export function chooseTarget(): void {
  const endpoint = emulatorUrl();
  // Said once, by the AWS SDK, of a Node that this project supports.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  process.env['SLS_TELEMETRY_DISABLED'] = '1';
  process.env['SLS_NOTIFICATIONS_MODE'] = 'off';
  if (endpoint === undefined) return;
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) {
    throw new CommandError(`AWS_ENDPOINT_URL is no address: ${endpoint}`);
  }
  process.env['AWS_ENDPOINT_URL'] = endpoint;
  if (!process.env['AWS_ACCESS_KEY_ID']) {
    process.env['AWS_ACCESS_KEY_ID'] = 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    delete process.env['AWS_SESSION_TOKEN'];
    delete process.env['AWS_PROFILE'];
  }
  // Serverless asks for a stack's state every 5 s: right for AWS, most of the time for an emulator.
  process.env['SLS_AWS_MONITORING_FREQUENCY'] ??= '250';
}

/** For a client of the target: short timeouts, and two tries more. */
export const connection = (region: Region) => ({
  region,
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 3000,
    requestTimeout: 20_000,
    throwOnRequestTimeout: true,
  },
});

/**
 * Makes sure that the target answers in each region, and knows who asks.
 *
 * @returns the account's number.
 * @throws CommandError that says what is wrong, and where.
 */
export async function checkAccess(regions: readonly Region[]): Promise<string> {
  const accounts = await Promise.all(regions.map(findAccount));
  return accounts[0] ?? '';
}

async function findAccount(region: Region): Promise<string> {
  // An emulator may take a while over its first answer.
  const sts = new STSClient({ ...connection(region), maxAttempts: 1 });
  try {
    const { Account = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return Account;
  } catch (error) {
    throw new CommandError(describeRefusal(error as Error & { code?: string }, region));
  } finally {
    sts.destroy();
  }
}

const unknownKeys = [
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
];
const expired = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'];
const unreachable = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'];
const unresolved = ['ENOTFOUND', 'EAI_AGAIN'];

function describeRefusal(error: Error & { code?: string }, region: Region): string {
  const { name, code = '' } = error;
  const place = emulatorUrl() ?? `AWS in ${region}`;
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return `no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or AWS_ENDPOINT_URL for an emulator (${firstLine(error)})`;
  }
  if (expired.includes(name)) return 'the AWS credentials have expired: sign in again';
  if (unknownKeys.includes(name)) {
    return `${place} does not accept the credentials: they are wrong, or the region is not enabled in the account`;
  }
  if (unresolved.includes(code)) {
    return emulatorUrl() === undefined
      ? `AWS has no region ${region}, or there is no network`
      : `AWS_ENDPOINT_URL: ${place} does not answer (no such host)`;
  }
  if (unreachable.includes(code) || name === 'TimeoutError') {
    return `${place} does not answer (${code || 'no answer in time'})`;
  }
  return `${place} does not answer as AWS does: ${firstLine(error)}`;
}

const firstLine = ({ message }: Error): string => message.split('\n', 1)[0] ?? '';
