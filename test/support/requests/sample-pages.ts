/** Two documents and one script. */
import type { Pages } from '../../../lib/http/pages.js';

const documentOf = (name: string) =>
  `<!doctype html>\n<html lang="en"><head><title>${name}</title></head><body></body></html>`;

export const samplePages: Pages = {
  asset: (name) => (name === 'shop-1.js' ? 'console.log("shop");' : undefined),
  document: documentOf,
};
