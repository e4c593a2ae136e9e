// @ts-check
// Which method of which resource takes a request: by its path as it was sent, nothing decoded.

/**
 * A method of a resource of a REST API.
 *
 * @typedef {object} Route
 * @property {string} method `ANY`, or one of those of HTTP
 * @property {string} resource such as `/info/{id}` or `/{proxy+}`
 * @property {string} functionName
 */

/**
 * @typedef {object} Match
 * @property {Route} route
 * @property {Record<string, string> | null} pathParameters as sent: percent-encoded
 */

/** Of two segments, the one of the lower rank is matched first. */
const ranks = { literal: 0, parameter: 1, greedy: 2 };

/** Every other method is unknown to API Gateway. */
const methods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/**
 * Makes what finds a request's route. A method that the most specific resource lacks is looked for
 * at the less specific ones.
 *
 * @param {readonly Route[]} routes
 * @returns {(method: string, path: string) => Match | undefined}
 */
export function createRouter(routes) {
  const candidates = routes
    .map((route) => ({ route, segments: segmentsOf(route.resource) }))
    .sort((a, b) => compare(orderOf(a), orderOf(b)));

  return (method, path) => {
    if (!methods.includes(method)) return undefined;
    const sent = segmentsOf(path);
    for (const { route, segments } of candidates) {
      if (route.method !== 'ANY' && route.method !== method) continue;
      const pathParameters = match(segments, sent);
      if (pathParameters === undefined) continue;
      const hasParameters = Object.keys(pathParameters).length > 0;
      return { route, pathParameters: hasParameters ? pathParameters : null };
    }
    return undefined;
  };
}

/**
 * Slashes at either end don't count; an empty segment between two does.
 *
 * @param {string} path
 */
const segmentsOf = (path) => {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? [] : trimmed.split('/');
};

/** @param {{ route: Route, segments: string[] }} candidate */
const orderOf = ({ route, segments }) =>
  [...segments.map(rankOf), route.method === 'ANY' ? 1 : 0].join('');

/** @type {(a: string, b: string) => number} */
const compare = (a, b) => (a < b ? -1 : Number(a > b));

/** @param {string} segment of a resource */
function rankOf(segment) {
  if (!segment.startsWith('{')) return ranks.literal;
  return segment.endsWith('+}') ? ranks.greedy : ranks.parameter;
}

/**
 * @param {readonly string[]} segments of a resource
 * @param {readonly string[]} sent
 * @returns {Record<string, string> | undefined} undefined where they don't match
 */
function match(segments, sent) {
  const isGreedy = rankOf(segments.at(-1) ?? '') === ranks.greedy;
  if (isGreedy ? sent.length < segments.length : sent.length !== segments.length) return undefined;
  /** @type {Record<string, string>} */
  const parameters = {};
  for (const [index, segment] of segments.entries()) {
    const rank = rankOf(segment);
    const value = rank === ranks.greedy ? sent.slice(index).join('/') : sent[index];
    if (rank === ranks.literal ? value !== segment : !value) return undefined;
    if (rank !== ranks.literal) parameters[segment.replace(/^\{|\+?\}$/g, '')] = value ?? '';
  }
  return parameters;
}
