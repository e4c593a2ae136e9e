import { afterEach, expect, test } from '@jest/globals';
import { publicUrl } from '../../../deploy/store/deployment.js';

const given = process.env['AWS_ENDPOINT_URL'];

afterEach(() => {
  if (given === undefined) delete process.env['AWS_ENDPOINT_URL'];
  else process.env['AWS_ENDPOINT_URL'] = given;
});

const onAws = 'https://abc123.execute-api.us-east-1.amazonaws.com/dev';

test('on AWS an API answers where its stack says', () => {
  delete process.env['AWS_ENDPOINT_URL'];
  expect(publicUrl(onAws)).toBe(onAws);
});

test.each([
  [onAws],
  ['https://abc123.execute-api.us-east-1.localhost:4566/dev'],
  ['https://abc123.execute-api.localhost.localstack.cloud/dev'],
])('on an emulator %s answers at a path', (endpoint) => {
  process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:4566/';
  expect(publicUrl(endpoint)).toBe('http://127.0.0.1:4566/_aws/execute-api/abc123/dev');
});

test.each(['', 'unknown', 'https://', '{{ServiceEndpoint}}'])(
  'what is no URL stays as it is: "%s"',
  (text) => {
    process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:4566';
    expect(publicUrl(text)).toBe(text);
  },
);
