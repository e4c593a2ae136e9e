// Leads `serverless offline` to the emulators of a store: those that `npm start` runs in the folder
// BAZAR_DATA (default .bazar), by what its store.json says. Does nothing for other commands.

import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';

const folder = process.env.BAZAR_DATA || '.bazar';

/** Set where `npm start` itself runs the API: the bundled functions. */
const bundledCode = process.env.BAZAR_CODE;

/** JSON: by region, where the API alone finds its database, such as a proxy in front of it. */
const ownEndpoints = process.env.BAZAR_API_ENDPOINTS;
/** The same of the database with its cache. */
const ownCacheEndpoint = process.env.BAZAR_API_CACHE_ENDPOINT;

export default class OfflinePlugin {
  constructor(serverless, options) {
    const prepare = () => this.prepare(serverless.service, options);
    this.hooks = {
      'before:offline:start': prepare,
      'before:offline:start:init': prepare,
    };
    // `npm start` has resolved, and so validated, the same configuration: to do it again would be a
    // quarter of the time that serverless takes to start.
    if (bundledCode) serverless.configSchemaHandler.validateConfig = async () => {};
  }

  async prepare(service, { httpPort }) {
    const { port, front, environment } = await readStore();
    if (!bundledCode) await checkPorts(environment, httpPort ?? port);
    service.provider.region = front;
    service.provider.environment = {
      ...service.provider.environment,
      ...environment,
      ...(ownEndpoints && { DYNAMODB_ENDPOINTS: ownEndpoints }),
      ...(ownCacheEndpoint && { CACHE_ENDPOINT: ownCacheEndpoint }),
    };
    // The ports that serverless-offline opens beside the API's are nobody's concern.
    const [lambdaPort, websocketPort, albPort] = await Promise.all([
      freePort(),
      freePort(),
      freePort(),
    ]);
    service.custom['serverless-offline'] = {
      ...service.custom['serverless-offline'],
      host: '127.0.0.1',
      httpPort: port,
      lambdaPort,
      websocketPort,
      albPort,
      noPrependStageInUrl: true,
      useInProcess: true,
      ...(bundledCode && { location: bundledCode }),
    };
  }
}

async function readStore() {
  try {
    return JSON.parse(await readFile(path.join(folder, 'store.json'), 'utf8'));
  } catch {
    return fail(`there is no store in ${folder}; npm start makes one, BAZAR_DATA names another`);
  }
}

async function checkPorts(environment, httpPort) {
  const { port: emulatorPort } = new URL(environment.CACHE_ENDPOINT);
  if (!(await isTaken(emulatorPort))) {
    fail(`the emulators of the store in ${folder} do not run; npm start starts them`);
  }
  if (await isTaken(httpPort)) fail(`port ${httpPort} is in use; --httpPort takes another`);
}

const isTaken = (port) =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

function fail(reason) {
  console.error(`bazar: ${reason}`);
  process.exit(1);
}
