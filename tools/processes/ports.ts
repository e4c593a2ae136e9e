import { createServer } from 'node:net';
import getPort, { portNumbers } from 'get-port';
import { CommandError } from '../terminal/command-error.js';

// Below the ports that systems hand out to outgoing connections: one of those must not take the
// place of a part while it is being started again.
const lowest = 20_000;
const highest = 32_000;

/** The port for the API, where `port` is 0 any free one. Throws a CommandError if it is taken. */
export async function choosePublicPort(port: number): Promise<number> {
  if (port === 0) return freePort();
  const problem = await tryPort(port);
  if (problem === undefined) return port;
  throw new CommandError(
    problem === 'EADDRINUSE'
      ? `port ${port} is in use; --port takes another`
      : `port ${port} cannot be used (${problem}); --port takes another`,
  );
}

/** A port for each name, one for those of the same part: the one that it had, where that is free. */
export async function choosePorts(
  partOf: ReadonlyMap<string, string>,
  former: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  const byPart = new Map<string, number>();
  for (const [name, part] of partOf) {
    const port = byPart.get(part) ?? (await freePort(former[name]));
    byPart.set(part, port);
    ports[name] = port;
  }
  return ports;
}

function freePort(preferred?: number): Promise<number> {
  // Stores that start at the same moment look in different places.
  const from = lowest + Math.floor(Math.random() * (highest - lowest - 1000));
  const others = portNumbers(from, highest);
  return getPort({ port: preferred === undefined ? others : [preferred, ...others] });
}

/** Listens for a moment, on all addresses; the code of the error where that fails. */
function tryPort(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
