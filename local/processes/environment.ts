import { regionOf } from '../../lib/rules/sites.js';
import { frontDatabase } from '../files/data-files.js';
import type { Store } from '../files/store-file.js';
import type { Topology } from '../../services/topology.js';

export const databasePart = (name: string): string => `database-${name}`;
export const messagingPart = 'messaging';
/** No process of its own: the store's own answers there. */
export const labPart = 'lab';

type Environment = Record<string, string>;

/**
 * What every process of the store finds in its environment: the caller's, without what would lead
 * it to real AWS, and what the services' configuration is resolved with.
 */
export function processEnvironment(topology: Topology, folder: string): Environment {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('AWS_'),
  );
  return {
    POWERTOOLS_LOG_LEVEL: 'WARN',
    POWERTOOLS_METRICS_DISABLED: 'true',
    // The one front end here stands for those of all regions.
    BAZAR_SALE_ROUTING: 'spread',
    ...Object.fromEntries(inherited),
    BAZAR_REPLICAS: topology.sites.join(','),
    BAZAR_FRONTS: topology.front,
    BAZAR_DATA: folder,
    ...emulatorCredentials,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    SLS_TELEMETRY_DISABLED: '1',
    SLS_NOTIFICATIONS_MODE: 'off',
  };
}

const emulatorCredentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

/** What the functions find in theirs beside what is deployed: where the emulators are. */
export function functionEnvironment(
  { sites }: Topology,
  { ports, adminToken, orderSecret }: Pick<Store, 'ports' | 'adminToken' | 'orderSecret'>,
): Environment {
  const endpoint = (part: string): string => endpointOf(ports, part);
  return {
    REPLICAS: sites.join(','),
    DYNAMODB_ENDPOINTS: JSON.stringify(
      Object.fromEntries(
        sites.map(regionOf).map((region) => [region, endpoint(databasePart(region))]),
      ),
    ),
    CACHE_ENDPOINT: endpoint(databasePart(frontDatabase)),
    AWS_ENDPOINT_URL_SNS: endpoint(messagingPart),
    AWS_ENDPOINT_URL_SQS: endpoint(messagingPart),
    LAB_URL: endpoint(labPart),
    ...emulatorCredentials,
    ADMIN_TOKEN: adminToken,
    ORDER_SECRET: orderSecret,
  };
}

export const endpointOf = (ports: Store['ports'], part: string): string =>
  `http://127.0.0.1:${ports[part]}`;
