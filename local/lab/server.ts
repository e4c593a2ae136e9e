/**
 * The lab's own server: the switches of the regions, and the run that tries to make the store oversell. It
 * listens on the loopback address alone, and belongs to `npm start`: what is deployed has nothing of it.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Region } from '../../lib/rules/sites.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import type { Run, RunOptions, RunReport } from './oversell.js';
import type { Condition, Switches } from './switches.js';

export interface LabState {
  readonly regions: readonly (Condition & { readonly region: Region })[];
  /** Whether a region's database can be hung and killed without the others'. */
  readonly hasDatabaseSwitches: boolean;
  /** The latest run. */
  readonly run?: RunReport;
}

export interface LabOptions {
  readonly port: number;
  /** The only pages that may ask are those of the API on this port. */
  readonly apiPort: number;
  readonly adminToken: string;
  readonly regions: readonly Region[];
  readonly hasDatabaseSwitches: boolean;
  readonly switches: Switches;
  readonly startRun: (options: RunOptions) => Promise<Run>;
}

export interface LabServer {
  close(): Promise<void>;
}

/** What is answered instead of what was asked for. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const conditionBody = z.strictObject({
  database: z.enum(['up', 'hung', 'killed']).exactOptional(),
  network: z.enum(['open', 'slow', 'cut']).exactOptional(),
});
const runBody = z.strictObject({
  buyers: z.int().min(1).max(1000).default(200),
  copies: z.int().min(1).max(1000).default(20),
  arriveWithinMs: z.int().min(0).max(600_000).default(10_000),
});
const mostBodyBytes = 10_000;

export async function startLab(options: LabOptions): Promise<LabServer> {
  const { port, apiPort, adminToken, regions, hasDatabaseSwitches, switches } = options;
  const own = loopbackAddresses(port);
  const origins = loopbackAddresses(apiPort).map((address) => `http://${address}`);
  let run: Run | undefined;
  let isStarting = false;

  const state = (): LabState => ({
    regions: regions.map((region) => ({ region, ...switches.conditionOf(region) })),
    hasDatabaseSwitches,
    ...(run && { run: run.report() }),
  });

  async function startRun(given: RunOptions): Promise<void> {
    if (isStarting) throw new Refusal(409, 'A run is being started.');
    isStarting = true;
    try {
      run?.stop();
      await run?.ended;
      run = await options.startRun(given);
    } finally {
      isStarting = false;
    }
  }

  async function turn(region: Region, wanted: Partial<Condition>): Promise<void> {
    if (wanted.database !== undefined && !hasDatabaseSwitches) {
      throw new Refusal(409, 'One process keeps the databases of all regions here.');
    }
    await switches.set(region, wanted);
  }

  async function act(request: IncomingMessage): Promise<void> {
    const { method = '', url = '' } = request;
    const region = regions.find((one) => url === `/regions/${one}`);
    if (method === 'PUT' && region !== undefined) {
      return turn(region, await readBody(request, conditionBody));
    }
    switch (`${method} ${url}`) {
      case 'GET /':
        return;
      case 'POST /heal':
        return switches.heal();
      case 'POST /run':
        return startRun(await readBody(request, runBody));
      case 'DELETE /run':
        run?.stop();
        return run?.ended;
      default:
        throw new Refusal(404, `There is no ${method} ${url} here.`);
    }
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { host = '', origin } = request.headers;
    // A name that was made to lead here, and a page of another site, are nobody that may press a switch (design O5).
    if (!own.includes(host)) throw new Refusal(421, `${host} is not answered for here.`);
    if (origin !== undefined && !origins.includes(origin)) {
      throw new Refusal(403, 'Only the pages of this store may ask.');
    }
    if (request.method === 'OPTIONS') return { status: 204 };
    if (!isAdmin(request, adminToken)) {
      throw new Refusal(401, 'Send the admin token as `Authorization: Bearer TOKEN`.');
    }
    await act(request);
    return { status: 200, body: state() };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await answer(request).catch(toProblem);
    const { origin } = request.headers;
    response.writeHead(status, {
      'Cache-Control': 'no-store',
      'Content-Type': status < 400 ? 'application/json' : 'application/problem+json',
      'X-Content-Type-Options': 'nosniff',
      Vary: 'Origin',
      ...(origin !== undefined &&
        origins.includes(origin) && {
          'Access-Control-Allow-Origin': origin,
          'Access-Control-Allow-Methods': 'GET, PUT, POST, DELETE',
          'Access-Control-Allow-Headers': 'Authorization, Content-Type',
          'Access-Control-Max-Age': '600',
        }),
    });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }

  const server = createServer((request, response) => void handle(request, response));
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  return {
    async close() {
      run?.stop();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const loopbackAddresses = (port: number): string[] => [`localhost:${port}`, `127.0.0.1:${port}`];

function isAdmin({ headers: { authorization = '' } }: IncomingMessage, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization), digest(`Bearer ${token}`));
}

async function readBody<Body>(request: IncomingMessage, schema: z.ZodType<Body>): Promise<Body> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > mostBodyBytes) throw new Refusal(413, 'That is too much.');
  }
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Refusal(400, z.prettifyError(parsed.error));
}

function parseJson(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 9457. */
function toProblem(error: unknown): Answer {
  const isForeseen = error instanceof Refusal || error instanceof CommandError;
  const status = error instanceof Refusal ? error.status : 503;
  if (!isForeseen) console.error(error);
  const detail = isForeseen ? error.message : 'The failure was printed.';
  return { status, body: { type: 'about:blank', title: STATUS_CODES[status], status, detail } };
}
