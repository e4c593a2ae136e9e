/** A site of two documents and one script. */
import type { Site } from '../../lib/http/site.js';

const documentOf = (name: string) =>
  `<!doctype html>\n<html lang="en"><head><title>${name}</title></head><body></body></html>`;

export const sampleSite: Site = {
  asset: (name) => (name === 'shop-1.js' ? 'console.log("shop");' : undefined),
  document: documentOf,
};
