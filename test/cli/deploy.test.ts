import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { deploymentCommand } from '../../deploy/options.js';
import { runBundled } from './support/command-line.js';

// Nothing of the machine's own access to AWS, and no network: no test may reach it.
const noAccess = {
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_SESSION_TOKEN: '',
  AWS_PROFILE: '',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_URL: '',
  BAZAR_REPLICAS: 'us-east-1#1,eu-west-1#1',
  BAZAR_FRONTS: 'us-east-1',
};
const nowhere = 'http://127.0.0.1:9';

/** A command that must end in one clear line, with exit code 1. */
async function expectRefusal(
  script: string,
  args: readonly string[],
  line: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const result = await runBundled(script, args, { ...noAccess, ...env });
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
}

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

/** Something that answers every request in the same way. */
async function listen(status: number, body: string): Promise<string> {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const stsError = (code: string): string =>
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;

describe('the options', () => {
  const parse = (args: readonly string[]) => {
    const command = deploymentCommand('deploy', '')
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    return command.parse([...args], { from: 'user' }).opts();
  };

  test('name sites and regions; a site is in its first incarnation unless it says otherwise', () => {
    const args = [
      '--stage',
      'test1',
      '--regions',
      'us-east-1, eu-west-1#2',
      '--front',
      'us-east-1',
    ];
    expect(parse(args)).toEqual({
      stage: 'test1',
      regions: ['us-east-1#1', 'eu-west-1#2'],
      front: ['us-east-1'],
    });
  });

  test('name also the tenth region of a place', () => {
    expect(parse(['--regions', 'us-east-10,eu-west-1#12', '--front', 'us-east-10'])).toMatchObject({
      regions: ['us-east-10#1', 'eu-west-1#12'],
      front: ['us-east-10'],
    });
  });

  test.each([
    [['--stgae', 'dev'], /^error: unknown option '--stgae'$/],
    [['dev'], /^error: too many arguments/],
    [['--stage', 'Dev_1'], /^error: option '--stage .*'Dev_1' is invalid\. A stage is/],
    [['--stage', 'x'.repeat(17)], /'x+' is invalid\. A stage is/],
    [['--regions', 'mars'], /^error: option '--regions .*'mars' is invalid\. /],
    [['--regions', 'us-east-1,'], /'us-east-1,' is invalid\. /],
    [['--regions', 'us-east-1#0'], /'us-east-1#0' is invalid\. /],
    [['--regions', 'us-east-1#1,us-east-1#2'], /is invalid\. A region can be named only once/],
    [['--front', 'us-east-1#1'], /'us-east-1#1' is invalid\. Regions are written like/],
    [['--front'], /^error: option '--front <list>' argument missing$/],
  ])('%j is refused in one line', (args, line) => {
    expect(() => parse(args)).toThrow(line);
  });
});

describe.each(['deploy/deploy.ts', 'deploy/remove.ts'])('%s', (script) => {
  test('ends in one line where an option is wrong', async () => {
    await expectRefusal(script, ['--stage', 'Dev_1'], /^error: option '--stage .*A stage is/);
  });

  test('ends in one line where there are no credentials', async () => {
    await expectRefusal(script, [], /^error: no AWS credentials: set AWS_PROFILE or /);
  });

  test('ends in one line where the endpoint does not answer', async () => {
    const line = /^error: http:\/\/127\.0\.0\.1:9 does not answer \(ECONNREFUSED\)$/;
    await expectRefusal(script, [], line, { AWS_ENDPOINT_URL: nowhere });
  });
});

describe('a deployment', () => {
  test.each([
    [
      'BAZAR_REPLICAS',
      'mars',
      /^error: BAZAR_REPLICAS\.0: is no replica site such as us-east-1#1$/,
    ],
    ['BAZAR_FRONTS', ' ', /^error: BAZAR_FRONTS\.0: is no region such as us-east-1$/],
    ['BAZAR_CURRENCY', 'dollars', /^error: BAZAR_CURRENCY: is no currency of ISO 4217/],
    ['BAZAR_CORS_ORIGINS', 'shop.example', /^error: BAZAR_CORS_ORIGINS\.0: is no origin such as/],
    ['BAZAR_SALE_ROUTING', 'far', /^error: BAZAR_SALE_ROUTING: .*expected one of/],
    [
      'AWS_ENDPOINT_URL',
      'localhost:4566',
      /^error: AWS_ENDPOINT_URL is no address: localhost:4566$/,
    ],
  ])('ends in one line where %s is "%s"', async (name, value, line) => {
    await expectRefusal('deploy/deploy.ts', [], line, { [name]: value });
  });

  test.each([
    ['credentials that have expired', 403, stsError('ExpiredToken'), /^error: .* have expired/],
    [
      'unknown credentials',
      403,
      stsError('InvalidClientTokenId'),
      /^error: http.* does not accept/,
    ],
    ['an endpoint that is no AWS', 404, '<html></html>', /^error: http.* does not answer as AWS/],
  ])('ends in one line at %s', async (_, status, body, line) => {
    const url = await listen(status, body);
    await expectRefusal('deploy/deploy.ts', [], line, { AWS_ENDPOINT_URL: url });
  });
});

test('prod is not removed by accident', async () => {
  const line = /^error: prod is removed with --yes-remove-prod only: .*deletion protection/;
  await expectRefusal('deploy/remove.ts', ['--stage', 'prod'], line, { AWS_ENDPOINT_URL: nowhere });
});
