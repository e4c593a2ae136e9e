import { incarnationOf, type Site } from '../../lib/rules/sites.js';

/** What the names of all tables start with. */
export const prefix = 'bazar';

export const catalogOf = (site: Site): string => `${prefix}-catalog-${incarnationOf(site)}`;

export const ordersOf = (site: Site): string => `${prefix}-orders-${incarnationOf(site)}`;

export const cacheTable = `${prefix}-cache`;
