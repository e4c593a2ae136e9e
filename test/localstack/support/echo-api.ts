/** A REST API with the routes of the deployed one, all served by one function of a test's own. */
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  DeleteRestApiCommand,
  paginateGetResources,
  PutIntegrationCommand,
  PutMethodCommand,
  type Resource,
} from '@aws-sdk/client-api-gateway';
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { CloudWatchLogsClient, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { strToU8, zipSync } from 'fflate';
import { connection } from '../../../deploy/target.js';
import type { Region } from '../../../lib/rules/sites.js';
import { findFunction } from './deployed-functions.js';

/**
 * @param url of a deployed front end in the region.
 * @param source of the function's module.
 */
export async function createApiLike(
  url: string,
  region: Region,
  source: string,
): Promise<{ readonly url: string; remove(): Promise<void> }> {
  const gateway = new APIGatewayClient(connection(region));
  const lambda = new LambdaClient(connection(region));
  const [deployedApiId = '', stageName = ''] = url.split('/').slice(-2);
  const FunctionName = `echo-${Date.now()}`;
  const { FunctionArn } = await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: (await findFunction(region, 'fallback')).Role,
      Code: { ZipFile: zipSync({ 'index.mjs': strToU8(source) }) },
    }),
  );
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: 'api',
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
    }),
  );
  const { id: restApiId = '', rootResourceId = '' } = await gateway.send(
    new CreateRestApiCommand({
      name: FunctionName,
      endpointConfiguration: { types: ['REGIONAL'] },
    }),
  );
  const uri = `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${FunctionArn}/invocations`;
  const ids = new Map([['/', rootResourceId]]);
  for (const { path = '', resourceMethods = {} } of await resourcesOf(deployedApiId)) {
    const cut = path.lastIndexOf('/');
    const parentId = ids.get(path.slice(0, cut) || '/');
    if (!ids.has(path)) {
      const { id = '' } = await gateway.send(
        new CreateResourceCommand({ restApiId, parentId, pathPart: path.slice(cut + 1) }),
      );
      ids.set(path, id);
    }
    const resourceId = ids.get(path);
    for (const httpMethod of Object.keys(resourceMethods)) {
      const method = { restApiId, resourceId, httpMethod };
      await gateway.send(new PutMethodCommand({ ...method, authorizationType: 'NONE' }));
      const integration = { type: 'AWS_PROXY', integrationHttpMethod: 'POST', uri } as const;
      await gateway.send(new PutIntegrationCommand({ ...method, ...integration }));
    }
  }
  await gateway.send(new CreateDeploymentCommand({ restApiId, stageName }));
  return {
    url: url.replace(deployedApiId, restApiId),
    async remove() {
      await gateway.send(new DeleteRestApiCommand({ restApiId }));
      await lambda.send(new DeleteFunctionCommand({ FunctionName }));
      const logs = new CloudWatchLogsClient(connection(region));
      await logs.send(new DeleteLogGroupCommand({ logGroupName: `/aws/lambda/${FunctionName}` }));
    },
  };

  /** Parents first. */
  async function resourcesOf(apiId: string): Promise<Resource[]> {
    const resources: Resource[] = [];
    const pages = paginateGetResources(
      { client: gateway },
      { restApiId: apiId, embed: ['methods'], limit: 500 },
    );
    for await (const page of pages) resources.push(...(page.items ?? []));
    return resources.sort((a, b) => (a.path ?? '').length - (b.path ?? '').length);
  }
}
