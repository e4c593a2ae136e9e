/** Where the pages are: under a stage, a base path, or a proxy (design U3). */

/** The address that all pages and all of the API lie below; it ends with a slash. */
export const root = new URL('./', document.baseURI);

/** The full address of a page or a place of the API, given without a slash in front. */
export const addressOf = (place: string): string => new URL(place, root).href;

/** The place of an address, without a slash in front; '' is the first page. */
export function placeOf({ pathname }: { readonly pathname: string }): string {
  const place = pathname.startsWith(root.pathname) ? pathname.slice(root.pathname.length) : '';
  return place.replace(/\/+$/, '');
}
