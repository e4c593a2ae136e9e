/** Languages, as BCP 47 names them. */

/** Longer ones are private to somebody: RFC 5646, 4.4.1. */
const mostCharacters = 35;

/** Of more letters none is registered: `English` is well-formed, and names nothing. */
const languageSubtag = /^[a-z]{2,3}(?:-|$)/;

/** The canonical form of a tag, `pt-BR` for `PT-br` and `en` for `eng`; undefined where it is none. */
export function toLanguageTag(text: string): string | undefined {
  try {
    const [tag] = Intl.getCanonicalLocales(text.trim());
    const isTag = tag !== undefined && tag.length <= mostCharacters && languageSubtag.test(tag);
    return isTag ? tag : undefined;
  } catch {
    return undefined;
  }
}
