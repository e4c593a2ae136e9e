import type { Region } from '../../lib/rules/sites.js';

/** The first two or all three of them hold replicas. */
export const replicaRegions: readonly Region[] = ['us-east-1', 'eu-west-1', 'ap-southeast-2'];
