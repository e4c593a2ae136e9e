// Packages the stacks that several files of tests look at, once for all of them.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tsImport } from 'tsx/esm/api';

const stacks = [
  { service: 'serverless.yml', region: 'us-east-1' },
  { service: 'serverless-replica.yml', region: 'us-east-1' },
  { service: 'serverless-replica.yml', region: 'eu-west-1' },
];

/** They must not come into the templates. */
const settings = { ADMIN_TOKEN: 'not-for-a-template', ORDER_SECRET: 'not-for-a-template' };

export default async function setup() {
  const { packageService } = await tsImport('../../services/service-folder.ts', import.meta.url);
  const folder = await mkdtemp(path.join(tmpdir(), 'bazar-stacks-'));
  process.env.BAZAR_TEST_STACKS = folder;
  await Promise.all(
    stacks.map(async ({ service, region }) => {
      const place = path.join(folder, `${service}-${region}`);
      const packaged = await packageService({ service, region, stage: 'dev', settings }, place);
      await writeFile(`${place}.json`, JSON.stringify(packaged));
    }),
  );
}

export const teardown = () => rm(process.env.BAZAR_TEST_STACKS, { recursive: true, force: true });
