import { describe, expect, test } from '@jest/globals';
import { faultOfSettings, loadConfig } from '../../lib/config.js';
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
      SALE_ROUTING: 'nearest',
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

  test('writes origins as browsers do, and a currency as ISO 4217 does', () => {
    expect(
      load({
        CORS_ORIGINS: 'https://shop.example/, HTTPS://Bücher.example:443,http://localhost:8080',
        CURRENCY: 'eur',
      })(),
    ).toMatchObject({
      CORS_ORIGINS: [
        'https://shop.example',
        'https://xn--bcher-kva.example',
        'http://localhost:8080',
      ],
      CURRENCY: 'EUR',
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
    ['REPLICAS', 'us-east-1#0'],
    ['REPLICAS', 'somewhere#1'],
    // Copies moved from a site to itself would be lost.
    ['REPLICAS', 'us-east-1#1,us-east-1#1'],
    ['REPLICAS', 'us-east-1#1,us-east-1#2'],
    ['CURRENCY', 'dollars'],
    ['CURRENCY', 'XYZ'],
    ['CORS_ORIGINS', ''],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'shop.example'],
    ['CORS_ORIGINS', 'ftp://shop.example'],
    ['CORS_ORIGINS', 'https://*.shop.example'],
    ['CORS_ORIGINS', 'https://shop.example/books'],
    ['CORS_ORIGINS', 'https://shop.example?'],
    ['CORS_ORIGINS', 'https://me@shop.example'],
    ['CORS_ORIGINS', 'https://shop.example,'],
    ['CORS_ORIGINS', '*,https://shop.example'],
    ['CORS_ORIGINS', 'https://shop.example,https://SHOP.example:443/'],
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
});

describe('the settings', () => {
  test('may be absent, and may be all that the README names', () => {
    expect(faultOfSettings({})).toBeUndefined();
    expect(
      faultOfSettings({
        BAZAR_REPLICAS: 'us-east-1#1,eu-west-1#2',
        BAZAR_FRONTS: 'us-east-1, sa-east-1',
        BAZAR_READ_ROUTING: 'nearest',
        BAZAR_SALE_ROUTING: 'nearest',
        BAZAR_CORS_ORIGINS: 'https://shop.example/',
        BAZAR_CURRENCY: 'jpy',
        BAZAR_TRACING: 'true',
        BAZAR_ACCESS_LOG: 'false',
        BAZAR_ALARM_TOPIC: '',
        POWERTOOLS_LOG_LEVEL: 'warn',
        POWERTOOLS_METRICS_DISABLED: 'true',
      }),
    ).toBeUndefined();
  });

  test('that are wrong are named in one line', () => {
    const wrong = {
      BAZAR_REPLICAS: 'us-east-1#1,us-east-1#2',
      BAZAR_FRONTS: 'mars',
      BAZAR_READ_ROUTING: 'random',
      BAZAR_SALE_ROUTING: 'random',
      BAZAR_CORS_ORIGINS: 'null',
      BAZAR_CURRENCY: 'dollars',
      BAZAR_TRACING: 'yes',
      BAZAR_ACCESS_LOG: 'yes',
      BAZAR_ALARM_TOPIC: 'arn:aws:sns:us-east-1:123456789012:alarms',
      POWERTOOLS_LOG_LEVEL: 'loud',
      POWERTOOLS_METRICS_DISABLED: 'maybe',
    };
    const fault = faultOfSettings(wrong);
    for (const variable of Object.keys(wrong)) expect(fault).toContain(variable);
    expect(fault).not.toContain('\n');
  });
});
