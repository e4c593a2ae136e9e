/**
 * The simulator's DynamoDB against the emulator's: the same random requests, and the store's own
 * operations, get the same answers and errors on both, and leave the same items and stream images.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DynamoDBServiceException, type AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as fc from 'fast-check';
import { startTwins, type Twin, type TwinMaker, type Twins } from '../support/twin-tables.js';
