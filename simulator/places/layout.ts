/** Where replicas may be, and what the tables are called. */
import { incarnationOf, type Region, type Site } from '../../lib/rules/sites.js';

/** The first two or all three of them hold replicas. */
export const replicaRegions: readonly Region[] = ['us-east-1', 'eu-west-1', 'ap-southeast-2'];

/** What the names of all tables start with. */
export const prefix = 'bazar';

export const catalogOf = (site: Site): string => `${prefix}-catalog-${incarnationOf(site)}`;

export const ordersOf = (site: Site): string => `${prefix}-orders-${incarnationOf(site)}`;

export const wordsTableOf = (site: Site): string => `${prefix}-words-${incarnationOf(site)}`;

export const cacheTable = `${prefix}-cache`;
