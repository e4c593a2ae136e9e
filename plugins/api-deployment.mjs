// Gives the API a stage of the template's own. Serverless has API Gateway make the stage along with
// a deployment, where a template cannot say what the stage lets through; and it names the deployment
// by the time, so that a stage which shows it would differ in every package. Here the deployment is
// named by what it deploys: an API that is the same stays deployed, and a changed one is deployed
// anew before the stage moves on to it.

import { createHash } from 'node:crypto';

const isOfType = (type) => (resource) => resource.Type === `AWS::ApiGateway::${type}`;

const idsOf = (resources, type) =>
  Object.keys(resources).filter((id) => isOfType(type)(resources[id]));

const hashOf = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** What a deployment is a copy of, in whatever order it was written down. */
const deployedParts = (resources) =>
  ['RestApi', 'Resource', 'Method', 'GatewayResponse'].flatMap((type) =>
    idsOf(resources, type)
      .sort()
      .map((id) => [id, resources[id]]),
  );

export default class ApiDeploymentPlugin {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () =>
        this.showDeployment(serverless.service.provider.compiledCloudFormationTemplate.Resources),
    };
  }

  showDeployment(resources) {
    const [generatedId] = idsOf(resources, 'Deployment');
    const deployment = resources[generatedId];
    delete resources[generatedId];
    delete deployment.Properties.StageName;
    // A gateway response that is made after the deployment is not in it.
    deployment.DependsOn = [...deployment.DependsOn, ...idsOf(resources, 'GatewayResponse')];

    const id = `ApiGatewayDeployment${hashOf(deployedParts(resources)).slice(0, 16)}`;
    resources[id] = deployment;
    for (const stage of Object.values(resources).filter(isOfType('Stage'))) {
      stage.Properties.DeploymentId = { Ref: id };
    }
  }
}
