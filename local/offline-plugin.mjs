// serverless-offline, led to the emulators of a store: those that `npm start` runs in the folder
// BAZAR_DATA (default .bazar), by what its store.json says. It runs the functions; the REST API in
// front of them is local/gateway's, for its own hands on other events than AWS does
// (localstack/README.md). Does nothing for other commands.

import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import getPort from 'get-port';
import ServerlessOffline from 'serverless-offline';
import { createGatewayResponses } from './gateway/answers.mjs';
import { createInvoke } from './gateway/lambda.mjs';
import { createRouter } from './gateway/routes.mjs';
import { startGateway } from './gateway/server.mjs';

const folder = process.env.BAZAR_DATA || '.bazar';

/** Set where `npm start` itself runs the API: the bundled functions. */
const bundledCode = process.env.BAZAR_CODE;

/** JSON: by region, where the API alone finds its database, such as a proxy in front of it. */
const ownEndpoints = process.env.BAZAR_API_ENDPOINTS;
/** The same of the database with its cache. */
const ownCacheEndpoint = process.env.BAZAR_API_CACHE_ENDPOINT;

export default class OfflinePlugin extends ServerlessOffline {
  constructor(serverless, options, utils) {
    super(serverless, options, utils);
    this.service = serverless.service;
    this.cliOptions = options;
    this.log = utils.log;
    // `npm start` has resolved, and so validated, the same configuration: to do it again would be a
    // quarter of the time that serverless takes to start.
    if (bundledCode) serverless.configSchemaHandler.validateConfig = async () => {};
  }

  async start() {
    const { service } = this;
    const store = await readStore();
    const port = Number(this.cliOptions.httpPort ?? store.port);
    if (!bundledCode) await checkPorts(store.environment, port);
    service.provider.region = store.front;
    service.provider.environment = {
      ...service.provider.environment,
      ...store.environment,
      ...(ownEndpoints && { DYNAMODB_ENDPOINTS: ownEndpoints }),
      ...(ownCacheEndpoint && { CACHE_ENDPOINT: ownCacheEndpoint }),
    };
    const host = this.cliOptions.host ?? '127.0.0.1';
    const lambdaPort = Number(this.cliOptions.lambdaPort ?? (await getPort()));
    service.custom['serverless-offline'] = {
      ...service.custom['serverless-offline'],
      host,
      lambdaPort,
      useInProcess: true,
      ...(bundledCode && { location: bundledCode }),
    };
    const findRoute = createRouter(takeRoutes(service));
    await super.start();
    this.gateway = await startGateway(
      {
        identity: { accountId: '000000000000', apiId: 'local', stage: service.provider.stage },
        findRoute,
        respond: createGatewayResponses(service.resources.Resources),
        invoke: createInvoke({ host, port: lambdaPort }),
        minimumCompressionBytes: service.provider.apiGateway.minimumCompressionSize,
      },
      { host, port },
    ).catch((error) => fail(error.message));
    this.log.notice(`Server ready: http://${host}:${port}`);
  }

  async end(skipExit) {
    await this.gateway?.close();
    await super.end(skipExit);
  }
}

/** Takes the routes from the functions: of those that it sees, serverless-offline makes its own API. */
const takeRoutes = ({ functions }) =>
  Object.values(functions).flatMap((definition) => {
    const routes = definition.events.flatMap(({ http }) => http ?? []);
    definition.events = definition.events.filter(({ http }) => http === undefined);
    return routes.map(({ method, path: resource }) => ({
      method: method.toUpperCase(),
      resource,
      functionName: definition.name,
    }));
  });

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

function fail(reason) {
  console.error(`bazar: ${reason}`);
  process.exit(1);
}
