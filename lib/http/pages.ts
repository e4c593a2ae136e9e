/** Pages for people, and the files that these load, as `web/` is built (tools/web.ts). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { onceForEach } from '../concurrency.js';
import { readPath, referenceTo } from './event.js';
import { Problem } from './problem.js';
import { etagOf, matchesEtag } from './replies.js';

/** The folder of the built files in which each one that has an address lies, named by its content. */
const assetsFolder = 'assets';

const documents = { shop: 'index.html', control: 'control.html' } as const;
type DocumentName = keyof typeof documents;

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Nothing from elsewhere, nothing inline, and no text that becomes code (design U4).
 *
 * @param labUrl the one other place that the page may ask.
 */
const contentSecurityPolicy = (labUrl?: string): string =>
  Object.entries({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': labUrl === undefined ? "'self'" : `'self' ${labUrl}`,
    'base-uri': "'self'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  })
    .map((directive) => directive.join(' '))
    .join('; ');

/** Documents and files that were read, each of them text: API Gateway compresses it (design U5). */
export interface Pages {
  /** Undefined where no page loads a file of this name. */
  asset(name: string): string | undefined;
  document(name: DocumentName): string;
}

/** Reads each file once, when it is first asked for; a name leads to no file but those of the build. */
export function openPages(folder: string): Pages {
  const assets = path.join(folder, assetsFolder);
  const names = new Set(existsSync(assets) ? readdirSync(assets) : []);
  const read = onceForEach((file: string) => readFileSync(path.join(folder, file), 'utf8'));
  return {
    asset: (name) => (names.has(name) ? read(path.join(assetsFolder, name)) : undefined),
    document: (name) => read(documents[name]),
  };
}

/**
 * A page or one of its files.
 *
 * @param labUrl where the control room finds the lab, if there is one.
 * @throws Problem where there is no such file
 */
export function answerPage(
  pages: Pages,
  event: APIGatewayProxyEvent,
  labUrl?: string,
): APIGatewayProxyResult {
  if (event.resource === '/control') return answerDocument(pages, 'control', event, labUrl);
  if (event.resource !== `/${assetsFolder}/{file}`) return answerDocument(pages, 'shop', event);
  const { file = '' } = readPath(event);
  const text = pages.asset(file);
  if (text === undefined) throw new Problem('unknown-route', `There is no file ${file}.`);
  return answerText(event, text, {
    'Content-Type': mediaTypes[path.extname(file)] ?? 'application/octet-stream',
    // Its name changes with its content.
    'Cache-Control': 'public, max-age=31536000, immutable',
  });
}

/** Whether whoever asks would rather be shown a page than told by a problem document. */
export const wantsPage = ({ httpMethod, headers }: APIGatewayProxyEvent): boolean =>
  ['GET', 'HEAD'].includes(httpMethod) && /\btext\/html\b/i.test(headers['accept'] ?? '');

/** The page that says that there is nothing at this address. */
export const answerUnknownPage = (
  pages: Pages,
  event: APIGatewayProxyEvent,
): APIGatewayProxyResult => ({ ...answerDocument(pages, 'shop', event), statusCode: 404 });

function answerDocument(
  pages: Pages,
  name: DocumentName,
  event: APIGatewayProxyEvent,
  labUrl?: string,
): APIGatewayProxyResult {
  const base = `<base href="${baseOf(event)}">`;
  // A function, for a text may hold what `replace` would take for a pattern.
  const text = pages.document(name).replace('<head>', () => `<head>${base}`);
  return answerText(event, text, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': contentSecurityPolicy(labUrl),
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  });
}

/**
 * Where the API begins, relative to the address of the request: so it holds under a stage, under a
 * custom domain's base path, and behind a proxy that takes either away (design U3).
 */
function baseOf(event: APIGatewayProxyEvent): string {
  const { path: sent } = event.requestContext;
  // `/dev` is the first page, and what it loads lies below `/dev/`.
  if (event.resource === '/' && !sent.endsWith('/')) return `${sent.split('/').at(-1)}/`;
  return referenceTo('', event) || './';
}

function answerText(
  { headers }: APIGatewayProxyEvent,
  text: string,
  others: Readonly<Record<string, string>>,
): APIGatewayProxyResult {
  const etag = etagOf(text);
  // Weak, for what comes over the wire may be the text or the same compressed.
  const all = { ETag: `W/${etag}`, Vary: 'Accept-Encoding', ...others };
  return matchesEtag(headers['if-none-match'], etag)
    ? { statusCode: 304, headers: all, body: '' }
    : { statusCode: 200, headers: all, body: text };
}
