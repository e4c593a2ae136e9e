import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { callRecord } from '../call-record.js';
import type { Host } from '../host.js';

type Call = Request<APIGatewayProxyEvent, APIGatewayProxyResult>;

/**
 * Every answer with a status from 500 on leaves one line and counts in one metric, which an alarm
 * watches; no other answer does.
 */
export function serverErrors(
  host: Host,
): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  const tell = ({ event, response, error }: Call) => {
    const status = response?.statusCode ?? 500;
    if (status < 500) return;
    host.telemetry.count(status === 500 ? 'InternalError' : 'Unavailable');
    host.logError(`answered ${status}`, error, {
      // What the client was told; Powertools adds Lambda's own id.
      requestId: event.requestContext.requestId,
      method: event.httpMethod,
      route: event.resource,
      status,
      unanswered: Object.fromEntries(
        [...callRecord().failures].map(([where, failure]) => [where, rootOf(failure)]),
      ),
    });
  };
  return { after: tell, onError: tell };
}

/** What was at the bottom of an error, in a line. */
function rootOf(error: unknown): string {
  if (error instanceof Error && error.cause !== undefined) return rootOf(error.cause);
  return String(error);
}
