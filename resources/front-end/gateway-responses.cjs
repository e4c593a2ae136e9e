// What API Gateway answers by itself, without a function: problem documents of the kinds in
// lib/http/problem.ts, so that a client meets one shape of error only.

const { logicalId } = require('../sites.cjs');

const throttled = {
  kind: 'throttled',
  detail: 'Nothing was done. Send fewer requests at once.',
  retryAfterSeconds: 1,
};
const unknownOutcome =
  'What was asked for may or may not have been done: try again, with the same key.';
const internal = { kind: 'internal', detail: unknownOutcome };
const noAnswer = { kind: 'no-answer', detail: unknownOutcome, retryAfterSeconds: 2 };

// Every type that API Gateway has, so that the two defaults are left with what it has no name for;
// a status given to those two would otherwise become that of every type that is not listed.
const problems = {
  DEFAULT_4XX: { kind: 'bad-input', detail: 'The gateway does not understand the request.' },
  BAD_REQUEST_BODY: { kind: 'bad-input', detail: 'The body is not as the route takes it.' },
  BAD_REQUEST_PARAMETERS: {
    kind: 'bad-input',
    detail: 'A parameter is not as the route takes it.',
  },
  UNAUTHORIZED: {
    kind: 'unauthorized',
    detail: 'Send the admin token as `Authorization: Bearer TOKEN`.',
  },
  ACCESS_DENIED: { kind: 'forbidden', detail: 'The gateway denies access.' },
  EXPIRED_TOKEN: { kind: 'forbidden', detail: 'The token of AWS has expired.' },
  INVALID_API_KEY: { kind: 'forbidden', detail: 'The API key is not valid.' },
  INVALID_SIGNATURE: { kind: 'forbidden', detail: 'The signature is not valid.' },
  WAF_FILTERED: { kind: 'forbidden', detail: 'A firewall refused the request.' },
  // The name that API Gateway has for a route that it does not know.
  MISSING_AUTHENTICATION_TOKEN: {
    kind: 'unknown-route',
    detail: 'No route has this path and method.',
  },
  RESOURCE_NOT_FOUND: { kind: 'unknown-route', detail: 'No route has this path.' },
  REQUEST_TOO_LARGE: { kind: 'body-too-large', detail: 'A body holds at most 131072 bytes.' },
  UNSUPPORTED_MEDIA_TYPE: {
    kind: 'unsupported-media-type',
    detail: 'Send `Content-Type: application/json`.',
  },
  QUOTA_EXCEEDED: throttled,
  THROTTLED: throttled,
  // Among these, what a function that crashed or ran out of time leaves unanswered.
  DEFAULT_5XX: internal,
  API_CONFIGURATION_ERROR: internal,
  AUTHORIZER_CONFIGURATION_ERROR: internal,
  AUTHORIZER_FAILURE: internal,
  INTEGRATION_FAILURE: noAnswer,
  INTEGRATION_TIMEOUT: noAnswer,
};

// `'…'` is how API Gateway writes a constant. No origin is kept out here: such an answer holds
// nothing of the store's, and API Gateway cannot choose among several origins.
const headers = (problem) =>
  Object.fromEntries(
    Object.entries({
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-cache',
      'Strict-Transport-Security': 'max-age=15552000; includeSubDomains',
      'X-Content-Type-Options': 'nosniff',
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'Retry-After',
      ...(problem.retryAfterSeconds && { 'Retry-After': problem.retryAfterSeconds }),
    }).map(([name, value]) => [`gatewayresponse.header.${name}`, `'${value}'`]),
  );

const gatewayResponse = (responseType, problem, { problemKinds, problemType }) => {
  const { kind, detail } = problem;
  const { status, title } = problemKinds[kind];
  return {
    Type: 'AWS::ApiGateway::GatewayResponse',
    Properties: {
      RestApiId: { Ref: 'ApiGatewayRestApi' },
      ResponseType: responseType,
      StatusCode: String(status),
      ResponseParameters: headers(problem),
      // The template of this media type is used whatever the request accepts.
      ResponseTemplates: {
        'application/json': JSON.stringify({
          type: problemType(kind),
          title,
          status,
          detail,
          requestId: '$context.requestId',
        }),
      },
    },
  };
};

module.exports = async () => {
  const { tsImport } = await import('tsx/esm/api');
  const kinds = await tsImport('../../lib/http/problem.ts', __filename);
  return {
    Resources: Object.fromEntries(
      Object.entries(problems).map(([responseType, problem]) => [
        `GatewayResponse${logicalId(responseType.toLowerCase().replaceAll('_', '-'))}`,
        gatewayResponse(responseType, problem, kinds),
      ]),
    ),
  };
};
