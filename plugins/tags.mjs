// Puts the service's tags (`provider.tags`) on everything that takes tags, also on what serverless
// itself generates.

const taggedTypes = new Set([
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGateway::Stage',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::DynamoDB::Table',
  'AWS::Events::Rule',
  'AWS::IAM::Role',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
]);

export default class TagsPlugin {
  constructor(serverless) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () =>
        this.tag(serverless.service.provider),
    };
  }

  tag({ tags, compiledCloudFormationTemplate: template }) {
    const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    for (const { Type: type, Properties: properties } of Object.values(template.Resources)) {
      if (taggedTypes.has(type)) properties.Tags = list;
    }
  }
}
