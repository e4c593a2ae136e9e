// What API Gateway answers by itself, without a function: problem documents of the kinds in
// lib/http/problem.ts (a test compares them), so that a client meets one shape of error only.

const badInput = { kind: 'bad-input', status: 400, title: 'The request is not valid' };
const forbidden = { kind: 'forbidden', status: 403, title: 'The request is not let in' };
const unknownRoute = { kind: 'unknown-route', status: 404, title: 'No such route' };
const throttled = {
  kind: 'throttled',
  status: 429,
  title: 'Too many requests',
  detail: 'Nothing was done. Send fewer requests at once.',
  retryAfterSeconds: 1,
};
const unknownOutcome =
  'What was asked for may or may not have been done: try again, with the same key.';
const internal = {
  kind: 'internal',
  status: 500,
  title: 'Something went wrong on our side',
  detail: unknownOutcome,
};
const noAnswer = {
  kind: 'no-answer',
  status: 504,
  title: 'The store gave no answer',
  detail: unknownOutcome,
  retryAfterSeconds: 2,
};

// Every type that API Gateway has, so that the two defaults are left with what it has no name for;
// a status given to those two would otherwise become that of every type that is not listed.
const problems = {
  DEFAULT_4XX: { ...badInput, detail: 'The gateway does not understand the request.' },
  BAD_REQUEST_BODY: { ...badInput, detail: 'The body is not as the route takes it.' },
  BAD_REQUEST_PARAMETERS: { ...badInput, detail: 'A parameter is not as the route takes it.' },
  UNAUTHORIZED: {
    kind: 'unauthorized',
    status: 401,
    title: 'The admin token is missing or wrong',
    detail: 'Send the admin token as `Authorization: Bearer TOKEN`.',
  },
  ACCESS_DENIED: { ...forbidden, detail: 'The gateway denies access.' },
  EXPIRED_TOKEN: { ...forbidden, detail: 'The token of AWS has expired.' },
  INVALID_API_KEY: { ...forbidden, detail: 'The API key is not valid.' },
  INVALID_SIGNATURE: { ...forbidden, detail: 'The signature is not valid.' },
  WAF_FILTERED: { ...forbidden, detail: 'A firewall refused the request.' },
  // The name that API Gateway has for a route that it does not know.
  MISSING_AUTHENTICATION_TOKEN: { ...unknownRoute, detail: 'No route has this path and method.' },
  RESOURCE_NOT_FOUND: { ...unknownRoute, detail: 'No route has this path.' },
  REQUEST_TOO_LARGE: {
    kind: 'body-too-large',
    status: 413,
    title: 'The body is too large',
    detail: 'A body holds at most 131072 bytes.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    kind: 'unsupported-media-type',
    status: 415,
    title: 'The media type is not supported',
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

const gatewayResponse = (responseType, problem) => {
  const { kind, title, status, detail } = problem;
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
          type: `urn:bazar:problem:${kind}`,
          title,
          status,
          detail,
          requestId: '$context.requestId',
        }),
      },
    },
  };
};

/** `INTEGRATION_TIMEOUT` as a part of a logical id: `IntegrationTimeout`. */
const idOf = (responseType) =>
  responseType
    .split('_')
    .map((word) => word[0] + word.slice(1).toLowerCase())
    .join('');

module.exports = () => ({
  Resources: Object.fromEntries(
    Object.entries(problems).map(([responseType, problem]) => [
      `GatewayResponse${idOf(responseType)}`,
      gatewayResponse(responseType, problem),
    ]),
  ),
});
