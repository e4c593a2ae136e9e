import { spreadHash } from '../spread-hash.js';

/** An AWS region, such as `eu-west-1`. */
export type Region = string;

/**
 * A region's tables in one incarnation, such as `eu-west-1#2`. Tables that were restored from a
 * backup come back as the next incarnation, for they may have forgotten what they sold.
 */
export type Site = string;

/** How a region is written, as a part of a regular expression. */
export const regionPattern = String.raw`[a-z]{2}(-[a-z]+)+-\d+`;

const regionForm = new RegExp(`^${regionPattern}$`);
const siteForm = new RegExp(`^${regionPattern}#[1-9]\\d{0,3}$`);

export const isRegion = (text: string): boolean => regionForm.test(text);

export const isSite = (text: string): boolean => siteForm.test(text);

export const regionOf = (site: Site): Region => site.split('#', 1)[0] ?? site;

export const incarnationOf = (site: Site): string => site.split('#')[1] ?? '';

/** Of tables that were never lost: nobody knows more of what was done there. */
export const isFirstIncarnation = (site: Site): boolean => incarnationOf(site) === '1';

/**
 * The region that creates and restocks a book: it follows from the book's id, so that a retry
 * through any front end meets its first try there.
 */
export function homeOf(bookId: number, sites: readonly Site[]): Region {
  return regionOf(sites[spreadHash(`book ${bookId}`) % sites.length] as Site);
}
