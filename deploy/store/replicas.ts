/** The replicas' own tables, which the commands of this folder read as a function would. */
import { connectReplicas } from '../../lib/lambda/clients.js';
import { loadConfig } from '../../lib/config.js';
import type { Replica } from '../../lib/tables/replica.js';
import { regionOf, type Site } from '../../lib/rules/sites.js';
import { realSystem } from '../../lib/system.js';

/** @param sites at least one, of different regions. */
export const replicasOf = (stage: string, sites: readonly Site[]): Replica[] =>
  connectReplicas(
    loadConfig({
      AWS_REGION: regionOf(sites[0] as Site),
      PREFIX: `bazar-${stage}`,
      REPLICAS: sites.join(','),
    }),
    realSystem,
  );
