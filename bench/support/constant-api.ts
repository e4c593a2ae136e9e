import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import { createApiClient, type ApiClient } from '../../client/api-client.js';
import { projectDir } from '../../tools/project.js';
import { serverlessBin } from '../../services/service-config.js';
import { eventually } from '../../tools/eventually.js';
import type { Context } from '../part.js';

const constantHandler =
  "export const handler = async () => ({ statusCode: 200, headers: {}, body: '{}' });\n";

/**
 * The store's API with nothing in it: the same service on the same gateway and serverless-offline, but
 * `GET /info/{id}` answers a constant. It ends with the part.
 *
 * @param dataDir of a store that runs.
 */
export async function startConstantApi({ defer }: Context, dataDir: string): Promise<ApiClient> {
  const code = join(dataDir, 'constant');
  await mkdir(join(code, 'functions'), { recursive: true });
  await writeFile(join(code, 'functions', 'info.mjs'), constantHandler);
  const port = await getPort();
  const child = spawn(process.execPath, [serverlessBin, 'offline', '--httpPort', String(port)], {
    cwd: projectDir,
    env: {
      ...process.env,
      BAZAR_DATA: dataDir,
      BAZAR_CODE: code,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      SLS_TELEMETRY_DISABLED: '1',
      SLS_NOTIFICATIONS_MODE: 'off',
    },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  defer(() => {
    child.kill('SIGTERM');
    return ended;
  });
  const api = createApiClient({ url: `http://127.0.0.1:${port}` });
  await eventually(() => api.sendOnce({ path: '/info/1' }), { deadlineMs: 60_000 });
  return api;
}
