import { describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { referenceTo } from '../../../lib/http/event.js';

/** Where a client is led to that follows a reference from where it sent its request. */
const followed = (address: string, resource: string, contextPath: string, place: string): string =>
  new URL(
    referenceTo(place, {
      resource,
      requestContext: { path: contextPath },
    } as APIGatewayProxyEvent),
    address,
  ).href;

const invokeUrl = 'https://a1.execute-api.us-east-1.amazonaws.com/dev';

describe('a reference to another place of the API', () => {
  test.each([
    ['the invoke URL, with its stage', invokeUrl, '/dev'],
    ['a custom domain', 'https://shop.example', ''],
    ['a custom domain with a base path', 'https://example.com/shop', '/shop'],
    ['a custom domain with a longer base path', 'https://example.com/shop/v1', '/shop/v1'],
    ['a base path that is called like a route', 'https://example.com/buy/2', '/buy/2'],
    ['serverless-offline', 'http://localhost:3000', ''],
    ['a proxy that puts a path in front', 'https://example.com/shop', '/dev'],
    ['a path of LocalStack', 'http://localhost:4566/_aws/execute-api/a1/dev', '/dev'],
  ])('resolves under %s', (_where, root, basePath) => {
    const from = (resource: string, path: string, place: string) =>
      followed(root + path, resource, basePath + path, place);
    for (const path of ['/buy/2', '/buy/2/', '/buy/2//', '//buy/2', '/buy/%2F%20']) {
      expect(from('/buy/{id}', path, 'orders/f00d')).toBe(`${root}/orders/f00d`);
    }
    for (const path of ['/books', '/books/', '//books']) {
      expect(from('/books', path, 'info/7')).toBe(`${root}/info/7`);
    }
  });

  test('does not depend on the query', () => {
    const address = `${invokeUrl}/buy/2?x=/a/b/`;
    expect(followed(address, '/buy/{id}', '/dev/buy/2', 'orders/f00d')).toBe(
      `${invokeUrl}/orders/f00d`,
    );
  });
});
