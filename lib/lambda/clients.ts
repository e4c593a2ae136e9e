import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { silentSdkLogger } from './sdk-logger.js';
import { TableLink, type DocumentClient, type LinkClients } from '../dynamodb/table-link.js';
import type { Config } from '../config.js';
import { Replica } from '../tables/replica.js';
import { regionOf, type Region } from '../rules/sites.js';
import type { System } from '../system.js';

/** Well above what a busy machine takes to shake hands, or a burst of buyers opens the circuit. */
const connectionTimeoutMs = 3_000;
/** The SDK sets no timer then. */
const noTimeoutMs = 0;
/** More than one handler's calls at once: a laptop runs all handlers in one process. */
const mostSockets = 256;

/** Every replica of the configuration, in its order. */
export function connectReplicas(config: Config, system: System): Replica[] {
  return config.REPLICAS.map((site) => {
    const region = regionOf(site);
    const clients = clientsOf(config, region, config.DYNAMODB_ENDPOINTS?.[region]);
    return new Replica(site, config.PREFIX, new TableLink(region, clients, system), system);
  });
}

/** The way to the cache table of the front end's own region. */
export const connectCache = (config: Config, system: System): TableLink =>
  new TableLink('cache', clientsOf(config, config.AWS_REGION, config.CACHE_ENDPOINT), system);

/** Clients of the tables in a region: one for reads and one for writes, for their timeouts differ. */
export function clientsOf(
  config: Config,
  region: Region,
  endpoint: string | undefined,
): LinkClients {
  const options = { maxSockets: mostSockets, keepAlive: true };
  // Emulators are spoken to without TLS.
  const agents = { httpAgent: new Agent(options), httpsAgent: new TlsAgent(options) };
  const client = (timeoutMs: number): DocumentClient =>
    DynamoDBDocumentClient.from(
      new DynamoDBClient({
        region,
        ...(endpoint !== undefined && { endpoint }),
        // One try: only `TableLink` knows what may be sent again.
        maxAttempts: 1,
        logger: silentSdkLogger,
        requestHandler: { ...timeouts(timeoutMs), ...agents },
      }),
      { marshallOptions: { removeUndefinedValues: true } },
    );
  return {
    read: client(config.READ_TIMEOUT_MS),
    write: client(config.WRITE_TIMEOUT_MS),
    probe: client(noTimeoutMs),
    closeUnused() {
      for (const { freeSockets } of Object.values(agents)) {
        for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
      }
    },
  };
}

/** How long one try of a call may take; without the last of these the SDK only warns. */
export const timeouts = (requestTimeoutMs: number) => ({
  connectionTimeout: Math.min(connectionTimeoutMs, requestTimeoutMs),
  requestTimeout: requestTimeoutMs,
  throwOnRequestTimeout: true,
});
