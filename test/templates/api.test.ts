import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it, test } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { httpHandler } from '../../lib/http/handler.js';
import { problemKinds, problemType, type ProblemKind } from '../../lib/http/problem.js';
import { methodsOf, routes, pagePaths, type Route } from '../../lib/http/routes.js';
import { problemSchema } from '../../lib/http/schemas.js';
import { call, fakeApi } from '../unit/support/api.js';
import {
  each,
  frontEnd,
  onlyOf,
  packageStack,
  resourcesOf,
  type Properties,
  type Stack,
  type Value,
} from './stacks.js';

let stack: Stack;

beforeAll(async () => {
  stack = await packageStack(frontEnd, 'us-east-1');
});

/** The path of a resource of the API, from its own part and its parents'. */
const pathOf = (resourceId: Value = ''): string => {
  const id = typeof resourceId === 'object' && 'Ref' in resourceId ? resourceId.Ref : '';
  const resource = stack.template.Resources[id]?.Properties;
  if (!resource) return '/';
  return path.posix.join(pathOf(resource.ParentId), resource.PathPart ?? '');
};

/** What each method of each path is handed to. */
const served = (): Map<string, unknown> =>
  new Map(
    resourcesOf(stack, 'AWS::ApiGateway::Method').map(([, method]) => [
      `${method.HttpMethod} ${pathOf(method.ResourceId)}`,
      method.Integration,
    ]),
  );

const openApi = z.object({
  paths: z.record(z.string(), z.partialRecord(z.enum(['get', 'post', 'patch']), z.unknown())),
});

describe('the packaged API', () => {
  it('serves each operation of the document, and the pages, and answers every other method on its path', () => {
    const text = readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8');
    const { paths } = openApi.parse(parse(text));
    const wanted = Object.entries(paths).flatMap(([template, operations]) => [
      ...Object.keys(operations).map((method) => `${method.toUpperCase()} ${template}`),
      ...('get' in operations ? [`HEAD ${template}`] : []),
      `ANY ${template}`,
    ]);
    const pages = pagePaths.flatMap((place) =>
      ['GET', 'HEAD', 'ANY'].map((method) => `${method} ${place}`),
    );
    expect(new Set(served().keys())).toEqual(new Set([...wanted, ...pages, 'ANY /{proxy+}']));
  });

  it('hands each route to the function of its name', () => {
    const functionOf = (operation: string) =>
      /"(\w+)LambdaFunction"/.exec(JSON.stringify(served().get(operation)))?.[1];
    for (const [name, route] of Object.entries<Route>(routes)) {
      const operations = route.paths.flatMap((place) =>
        methodsOf(route).map((method) => `${method} ${place}`),
      );
      // Serverless writes `list-books` as `ListDashbooks`.
      const id = name.replaceAll('-', 'Dash').replace(/^./, (letter) => letter.toUpperCase());
      expect(operations.map(functionOf)).toEqual(operations.map(() => id));
    }
  });

  it('answers HEAD by the function that answers GET', () => {
    for (const [operation, integration] of served()) {
      if (!operation.startsWith('GET ')) continue;
      expect(integration).toBeDefined();
      expect(served().get(operation.replace('GET', 'HEAD'))).toEqual(integration);
    }
  });

  it('bounds requests a second, and at once, on every method', () => {
    const [, stage] = onlyOf(stack, 'AWS::ApiGateway::Stage');
    expect(stage).toMatchObject({ StageName: 'dev', TracingEnabled: false });
    expect(stage.AccessLogSetting).toBeUndefined();
    expect(stage.MethodSettings).toEqual([
      {
        HttpMethod: '*',
        ResourcePath: '/*',
        ThrottlingRateLimit: 500,
        ThrottlingBurstLimit: 1000,
      },
    ]);
  });

  it('shows a deployment that is made after all of its parts', () => {
    const [, stage] = onlyOf(stack, 'AWS::ApiGateway::Stage');
    const [id, deployment] = onlyOf(stack, 'AWS::ApiGateway::Deployment');
    expect(stage.DeploymentId).toEqual({ Ref: id });
    // The stage is a resource of its own, and must not be made twice.
    expect(deployment.StageName).toBeUndefined();
    const parts = ['AWS::ApiGateway::Method', 'AWS::ApiGateway::GatewayResponse'].flatMap((type) =>
      resourcesOf(stack, type).map(([part]) => part),
    );
    expect(new Set(stack.template.Resources[id]?.DependsOn)).toEqual(new Set(parts));
  });

  it('names the deployment by what it deploys, so that the same API stays deployed', async () => {
    const same = await packageStack(frontEnd, 'eu-west-1');
    // Where the archives lie follows from the time.
    const lasting = ({ text }: Stack) => text.replaceAll(/"S3Key": ".*"/g, '');
    expect(lasting(same)).toBe(lasting(stack));
  });
});

describe('what the gateway answers by itself', () => {
  const documentOf = ({ ResponseTemplates: templates = {} }: Properties) => {
    expect(Object.keys(templates)).toEqual(['application/json']);
    return problemSchema.parse(JSON.parse(templates['application/json'] ?? ''));
  };

  const responseOf = (responseType: string): Properties =>
    resourcesOf(stack, 'AWS::ApiGateway::GatewayResponse')
      .map(([, made]) => made)
      .find((made) => made.ResponseType === responseType) ?? {};

  it('is a problem document of a kind that the handlers have too', () => {
    for (const [, [, response]] of each([stack], (one) =>
      resourcesOf(one, 'AWS::ApiGateway::GatewayResponse'),
    )) {
      const { type, title, status, requestId } = documentOf(response);
      expect(requestId).toBe('$context.requestId');
      const kind = type.replace(problemType('' as ProblemKind), '') as ProblemKind;
      expect({ title, status }).toEqual(problemKinds[kind]);
      expect(response.StatusCode).toBe(String(status));
    }
  });

  it('can be read by the pages of any site, and is kept by no cache', () => {
    for (const [, [, { ResponseParameters: headers }]] of each([stack], (one) =>
      resourcesOf(one, 'AWS::ApiGateway::GatewayResponse'),
    )) {
      expect(headers).toMatchObject({
        'gatewayresponse.header.Content-Type': "'application/problem+json'",
        'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
        'gatewayresponse.header.Access-Control-Expose-Headers': "'Retry-After'",
        'gatewayresponse.header.Cache-Control': "'no-cache'",
      });
    }
  });

  // https://docs.aws.amazon.com/apigateway/latest/api/API_GatewayResponse.html
  const statuses = {
    DEFAULT_4XX: 400,
    DEFAULT_5XX: 500,
    RESOURCE_NOT_FOUND: 404,
    UNAUTHORIZED: 401,
    INVALID_API_KEY: 403,
    ACCESS_DENIED: 403,
    AUTHORIZER_FAILURE: 500,
    AUTHORIZER_CONFIGURATION_ERROR: 500,
    INVALID_SIGNATURE: 403,
    EXPIRED_TOKEN: 403,
    MISSING_AUTHENTICATION_TOKEN: 404,
    INTEGRATION_FAILURE: 504,
    INTEGRATION_TIMEOUT: 504,
    API_CONFIGURATION_ERROR: 500,
    UNSUPPORTED_MEDIA_TYPE: 415,
    BAD_REQUEST_PARAMETERS: 400,
    BAD_REQUEST_BODY: 400,
    REQUEST_TOO_LARGE: 413,
    THROTTLED: 429,
    QUOTA_EXCEEDED: 429,
    WAF_FILTERED: 403,
  };

  it('is said of every type of answer that a gateway has', () => {
    const said = resourcesOf(stack, 'AWS::ApiGateway::GatewayResponse').map(([, response]) => [
      response.ResponseType,
      Number(response.StatusCode),
    ]);
    expect(Object.fromEntries(said)).toEqual(statuses);
  });

  it('is what a handler answers to a body that is too large', async () => {
    const handler = httpHandler(fakeApi(), routes.buy, async () => ({ status: 200 }));
    const { status, body } = await call(handler, {
      requestId: '$context.requestId',
      path: { id: '1' },
      body: ' '.repeat(200_000),
    });
    expect(status).toBe(413);
    expect(body).toEqual(documentOf(responseOf('REQUEST_TOO_LARGE')));
  });

  test.each(['THROTTLED', 'QUOTA_EXCEEDED', 'INTEGRATION_FAILURE', 'INTEGRATION_TIMEOUT'])(
    '%s says when to try again',
    (responseType) => {
      const { ResponseParameters: headers } = responseOf(responseType);
      expect(headers?.['gatewayresponse.header.Retry-After']).toMatch(/^'[1-9]\d*'$/);
    },
  );
});
