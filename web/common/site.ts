/** Where the site is: under a stage, a base path, or a proxy (design W3). */

/** The address that all of the site and of the API lie below; it ends with a slash. */
export const root = new URL('./', document.baseURI);

/** The full address of a place of the site or the API, given without a slash in front. */
export const addressOf = (place: string): string => new URL(place, root).href;

/** The place of an address, without a slash in front; '' is the first page. */
export function placeOf({ pathname }: { readonly pathname: string }): string {
  const place = pathname.startsWith(root.pathname) ? pathname.slice(root.pathname.length) : '';
  return place.replace(/\/+$/, '');
}
