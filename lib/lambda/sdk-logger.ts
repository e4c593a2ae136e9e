import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

type Logger = NonNullable<DynamoDBClientConfig['logger']>;

const ignore = () => {};

/**
 * A logger for clients of the SDK that hears nothing. The SDK's own does not either, but is told of each
 * call: the whole request and the whole answer are copied for it. What has no `info` and no `error` is not.
 */
export const silentSdkLogger = { debug: ignore, warn: ignore } as unknown as Logger;
