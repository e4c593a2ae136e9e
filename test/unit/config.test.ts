import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../lib/config.js';
import { BazarError } from '../../lib/errors.js';

const required = {
  AWS_REGION: 'us-east-1',
  PREFIX: 'bazar-test',
  REPLICAS: 'us-east-1#1,eu-west-1#2',
};

const load = (environment: NodeJS.ProcessEnv) => () => loadConfig({ ...required, ...environment });

describe('the configuration', () => {
  test('needs three variables, and has a sensible value for the rest', () => {
    expect(loadConfig(required)).toEqual({
      AWS_REGION: 'us-east-1',
      PREFIX: 'bazar-test',
      REPLICAS: ['us-east-1#1', 'eu-west-1#2'],
      CURRENCY: 'USD',
      CORS_ORIGINS: ['*'],
      READ_ROUTING: 'round-robin',
      SALE_ROUTING: 'spread',
      FRESH_SECONDS: 30,
      READ_TIMEOUT_MS: 2_000,
      WRITE_TIMEOUT_MS: 6_000,
    });
  });

  test('reads lists, numbers and endpoints', () => {
    expect(
      load({
        REPLICAS: ' us-east-1#1 , eu-west-1#1,ap-south-1#3',
        CORS_ORIGINS: 'https://a.example, https://b.example',
        FRESH_SECONDS: '0',
        READ_TIMEOUT_MS: '250',
        DYNAMODB_ENDPOINTS: '{"us-east-1":"http://127.0.0.1:8001"}',
        CACHE_ENDPOINT: 'http://127.0.0.1:8002',
      })(),
    ).toMatchObject({
      REPLICAS: ['us-east-1#1', 'eu-west-1#1', 'ap-south-1#3'],
      CORS_ORIGINS: ['https://a.example', 'https://b.example'],
      FRESH_SECONDS: 0,
      READ_TIMEOUT_MS: 250,
      DYNAMODB_ENDPOINTS: { 'us-east-1': 'http://127.0.0.1:8001' },
      CACHE_ENDPOINT: 'http://127.0.0.1:8002',
    });
  });

  test('leaves alone what else is in the environment', () => {
    expect(load({ PATH: '/bin', HOME: '/root' })()).not.toHaveProperty('PATH');
  });

  test('names every variable that is missing or wrong, at once', () => {
    const broken = load({ PREFIX: '', REPLICAS: 'us-east-1', READ_ROUTING: 'random' });
    expect(broken).toThrow(BazarError);
    for (const variable of ['PREFIX', 'REPLICAS', 'READ_ROUTING']) expect(broken).toThrow(variable);
    expect(() => loadConfig({})).toThrow(/AWS_REGION.*PREFIX.*REPLICAS/);
  });

  test.each([
    ['REPLICAS', ''],
    ['REPLICAS', 'us-east-1'],
    ['REPLICAS', 'us-east-1#1,'],
    ['REPLICAS', 'us-east-1#one'],
    ['CURRENCY', 'dollars'],
    ['SALE_ROUTING', 'round-robin'],
    ['FRESH_SECONDS', '-1'],
    ['FRESH_SECONDS', 'soon'],
    ['FRESH_SECONDS', ''],
    ['READ_TIMEOUT_MS', '0'],
    ['WRITE_TIMEOUT_MS', '1.5'],
    ['ADMIN_TOKEN', ''],
    ['ORDER_SECRET', ''],
    ['CACHE_ENDPOINT', 'localhost'],
    ['DYNAMODB_ENDPOINTS', '["http://127.0.0.1:8001"]'],
    ['DYNAMODB_ENDPOINTS', '{"us-east-1":"localhost"}'],
    ['DYNAMODB_ENDPOINTS', '{us-east-1:http://127.0.0.1:8001}'],
  ])('refuses %s=%s, and says so by its name', (variable, value) => {
    const broken = load({ [variable]: value });
    expect(broken).toThrow(BazarError);
    expect(broken).toThrow(variable);
  });

  test('refuses two sites of one region: copies moved from a site to itself would be lost', () => {
    expect(load({ REPLICAS: 'us-east-1#1,us-east-1#1' })).toThrow('REPLICAS');
    expect(load({ REPLICAS: 'us-east-1#1,us-east-1#2' })).toThrow('REPLICAS');
  });
});
