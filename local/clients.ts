import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { silentSdkLogger } from '../lib/lambda/sdk-logger.js';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The longest that SQS lets a queue be waited at. */
export const longPollSeconds = 20;

// Nothing is tried again inside the SDK: whoever calls has a loop of its own, and says how long.
const connection = (region: string, endpoint: string, requestTimeoutMs: number) => ({
  region,
  endpoint,
  credentials,
  maxAttempts: 1,
  logger: silentSdkLogger,
  requestHandler: {
    connectionTimeout: 1000,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
  },
});

export const dynamodbClient = (region: string, endpoint: string): DynamoDBClient =>
  new DynamoDBClient(connection(region, endpoint, 5000));

export const streamsClient = (region: string, endpoint: string): DynamoDBStreamsClient =>
  new DynamoDBStreamsClient(connection(region, endpoint, 5000));

export const snsClient = (region: string, endpoint: string): SNSClient =>
  new SNSClient(connection(region, endpoint, 5000));

export const sqsClient = (region: string, endpoint: string): SQSClient =>
  new SQSClient({
    ...connection(region, endpoint, 5000 + longPollSeconds * 1000),
    // The URLs that the emulator makes repeat the port.
    useQueueUrlAsEndpoint: false,
  });
