// The stage of the API: how much it lets through, and what it traces and logs. The deployment that
// it shows is put in by plugins/api-deployment.mjs.

const logGroupName = '/bazar/${self:service}-${sls:stage}/access';

// One JSON document a request; no header and no query, for both may hold secrets.
const logFormat = JSON.stringify({
  requestId: '$context.requestId',
  traceId: '$context.xrayTraceId',
  time: '$context.requestTimeEpoch',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  status: '$context.status',
  answeredBy: '$context.error.responseType',
  bytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  integrationMs: '$context.integrationLatency',
});

const accessLog = {
  AccessLogGroup: {
    Type: 'AWS::Logs::LogGroup',
    Properties: {
      LogGroupName: logGroupName,
      RetentionInDays: '${self:custom.stage.logRetentionDays}',
    },
  },
};

module.exports = async ({ resolveVariable }) => {
  const hasAccessLog = await resolveVariable('self:custom.config.accessLog');
  return {
    Resources: {
      ...(hasAccessLog && accessLog),
      ApiGatewayStage: {
        Type: 'AWS::ApiGateway::Stage',
        Properties: {
          RestApiId: { Ref: 'ApiGatewayRestApi' },
          DeploymentId: { Ref: 'ApiGatewayDeployment' },
          StageName: '${sls:stage}',
          TracingEnabled: '${self:custom.config.tracing}',
          MethodSettings: [
            {
              HttpMethod: '*',
              ResourcePath: '/*',
              ThrottlingRateLimit: '${self:custom.stage.throttle.rateLimit}',
              ThrottlingBurstLimit: '${self:custom.stage.throttle.burstLimit}',
            },
          ],
          ...(hasAccessLog && {
            AccessLogSetting: {
              DestinationArn: { 'Fn::GetAtt': ['AccessLogGroup', 'Arn'] },
              Format: logFormat,
            },
          }),
        },
      },
    },
  };
};
