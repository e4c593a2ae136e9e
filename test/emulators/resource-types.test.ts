/** What the stacks are made of, held against what LocalStack's CloudFormation knows. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { kinds } from '../../localstack/kinds.js';
import { installPythonTool } from '../../tools/emulators/python-tool.js';
import { frontEnd, packageStack, replica } from '../templates/stacks.js';

const schemaOfType = z.object({
  typeName: z.string(),
  properties: z.record(z.string(), z.unknown()),
  readOnlyProperties: z.array(z.string()).default([]),
});

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const templateSchema = z.object({ Resources: z.record(z.string(), resourceSchema) });

/** The properties that LocalStack's own schema of a type lets a template set, by type. */
let known: Map<string, ReadonlySet<string>>;

beforeAll(async () => {
  const bin = await installPythonTool(kinds.localstack.tool);
  const folder = join(bin, '../lib');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /localstack\/services\/.*\.schema\.json$/.test(file),
  );
  known = new Map(
    files.map((file) => {
      const { typeName, properties, readOnlyProperties } = schemaOfType.parse(
        JSON.parse(readFileSync(join(folder, file), 'utf8')),
      );
      const readOnly = new Set(readOnlyProperties.map((path) => path.replace('/properties/', '')));
      return [typeName, new Set(Object.keys(properties).filter((name) => !readOnly.has(name)))];
    }),
  );
  expect(known.size).toBeGreaterThan(90);
});

/** Each type that both stacks use, with the properties that they set. */
async function usedTypes(
  settings: Readonly<Record<string, string>>,
): Promise<Map<string, Set<string>>> {
  const used = new Map<string, Set<string>>();
  for (const config of [frontEnd, replica] as const) {
    const { text } = await packageStack(config, 'us-east-1', settings);
    for (const resource of Object.values(templateSchema.parse(JSON.parse(text)).Resources)) {
      const properties = used.get(resource.Type) ?? new Set();
      for (const name of Object.keys(resource.Properties)) properties.add(name);
      used.set(resource.Type, properties);
    }
  }
  expect(used.size).toBeGreaterThan(15);
  return used;
}

const unknownTypes = (used: ReadonlyMap<string, unknown>): string[] =>
  [...used.keys()].filter((type) => !known.has(type));

/** LocalStack takes them and forgets them. */
const unknownProperties = [
  'AWS::CloudWatch::Alarm Tags',
  'AWS::Events::Rule Tags',
  'AWS::Lambda::EventSourceMapping Tags',
];

test('LocalStack has every type and property, but some tags, of the stacks that are deployed there', async () => {
  const used = await usedTypes({ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' });
  expect(unknownTypes(used)).toEqual([]);
  const unknown = [...used].flatMap(([type, properties]) =>
    [...properties].filter((name) => !known.get(type)?.has(name)).map((name) => `${type} ${name}`),
  );
  expect(unknown.toSorted()).toEqual(unknownProperties);
});

test('of the types that are deployed on AWS it lacks one, which is left out there', async () => {
  expect(unknownTypes(await usedTypes({}))).toEqual(['AWS::CloudWatch::Dashboard']);
});
