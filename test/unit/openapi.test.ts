import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { openApiDocument } from '../../docs/openapi-document.js';
import { routes } from '../../lib/http/routes.js';

const committed = readFileSync(join(process.cwd(), 'docs/openapi.yaml'), 'utf8');

test('docs/openapi.yaml is what the routes and schemas say: run `npm run openapi`', () => {
  expect(committed).toBe(openApiDocument());
});

test('the document has every route, and an answer for each of its problems', () => {
  const { paths } = parse(committed) as {
    paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  };
  for (const route of Object.values(routes)) {
    for (const path of route.paths) {
      const operation = paths[path]?.[route.method.toLowerCase()];
      expect(Object.keys(operation?.responses ?? {})).toEqual(
        expect.arrayContaining(Object.keys(route.answers)),
      );
    }
  }
});
