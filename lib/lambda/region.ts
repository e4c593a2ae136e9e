/** A replica region as it is deployed: what its event-driven functions stand on. */
import { SNSClient } from '@aws-sdk/client-sns';
import { silentSdkLogger } from './sdk-logger.js';
import { once } from '../concurrency.js';
import { loadConfig } from '../config.js';
import { BazarError } from '../errors.js';
import type { Host } from '../host.js';
import type { Replica } from '../tables/replica.js';
import { realSystem, type System } from '../system.js';
import { connectReplicas, timeouts } from './clients.js';
import { powertoolsHost } from './powertools-host.js';

export interface RegionHost extends Host {
  readonly system: System;
  /** This region's own tables. */
  own(): Replica;
  others(): Replica[];
}

/** The replica region that the function runs in, made from the environment at the first event. */
export const deployedRegion: RegionHost = deployRegion();

function deployRegion(): RegionHost {
  const config = once(() => loadConfig(process.env));
  const replicas = once(() => connectReplicas(config(), realSystem));
  const isOwn = ({ region }: Replica) => region === config().AWS_REGION;
  return {
    ...powertoolsHost(),
    system: realSystem,
    own: () => {
      const own = replicas().find(isOwn);
      if (own === undefined) throw new BazarError('REPLICAS does not name this region');
      return own;
    },
    others: () => replicas().filter((replica) => !isOwn(replica)),
  };
}

/** The way to the region's topic. */
export interface ChangesTopic {
  readonly sns: Pick<SNSClient, 'send'>;
  readonly arn: string;
}

/** Two tries fit well into the half minute of `publish`: time is left to say what failed. */
const publishTimeoutMs = 5_000;

// Marked as pure, so that bundles of what does not publish leave the client of SNS out.
export const deployedTopic = /* @__PURE__ */ once((): ChangesTopic => {
  const { CHANGES_TOPIC_ARN: arn } = loadConfig(process.env);
  if (arn === undefined) throw new BazarError('CHANGES_TOPIC_ARN is missing');
  const requestHandler = timeouts(publishTimeoutMs);
  return { sns: new SNSClient({ maxAttempts: 2, requestHandler, logger: silentSdkLogger }), arn };
});
