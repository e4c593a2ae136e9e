/** What every part of a simulated world stands on. */
import { TableLink } from '../../lib/dynamodb/table-link.js';
import type { Host } from '../../lib/host.js';
import { Replica } from '../../lib/tables/replica.js';
import type { Message } from '../../lib/replication/messages.js';
import { regionOf, type Site } from '../../lib/rules/sites.js';
import { silentTelemetry } from '../../lib/telemetry.js';
import type { Clockwork } from '../clockwork/clockwork.js';
import type { Definitions } from './definitions.js';
import type { Container } from '../clockwork/lambda-deployment.js';
import type { Network } from './network.js';
import type { Caller } from './place.js';
import type { TablePlace } from './table-place.js';
import type { SkewedClock } from '../clockwork/skewed-clock.js';
import { prefix } from './layout.js';

export interface Foundation extends Clockwork {
  readonly definitions: Definitions;
  readonly network: Network;
  placeOf(site: Site): TablePlace;
  clockOf(caller: string): SkewedClock;
  /** Told of every message that a front end's cache took in. */
  onInvalidated(front: string, message: Message): void;
  /** Told of every error that a function logged, but not of answers of 503. */
  onError(error: unknown, container: Container): void;
}

export const hostOf = (foundation: Foundation, container: Container): Host => ({
  telemetry: silentTelemetry,
  logError: (_message, error, { status } = {}) => {
    // That a request was answered 503 is judged by the answer.
    if (status !== 503) foundation.onError(error, container);
  },
  invocation: (_context, work) => work(),
});

/** The replicas as a new container sees them. */
export const replicasFor = (
  foundation: Foundation,
  caller: Caller,
  container: Container,
  sites: readonly Site[],
): Replica[] =>
  sites.map((site) => {
    const place = foundation.placeOf(site);
    const clients = foundation.network.clients(caller, container, place);
    const link = new TableLink(regionOf(site), clients, container.system);
    return new Replica(site, prefix, link, container.system);
  });
