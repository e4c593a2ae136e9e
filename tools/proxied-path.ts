/** A TCP proxy in the path between a front end and a database, for faults to work on. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What becomes of what is sent; `answers-lost` carries requests out, and nobody learns of it. */
export type Passage =
  | { readonly kind: 'open' | 'cut' | 'answers-lost' }
  | { readonly kind: 'slow'; readonly delayMs: number };

/** What becomes of what is sent on a connection that is closed then. */
export type Fate = 'request lost' | 'answer lost';

export interface ProxiedPath {
  readonly url: string;
  set(passage: Passage): void;
  /** Closes each connection that is open now as soon as it is used again. */
  closeAtNextUse(fate: Fate): void;
  close(): Promise<void>;
}

/**
 * Listens on a free port of this machine.
 *
 * @param targetPort asked at each connection; while it says undefined, connections are refused.
 */
export async function openProxiedPath(targetPort: () => number | undefined): Promise<ProxiedPath> {
  let passage: Passage = { kind: 'open' };
  const sockets = new Set<Socket>();
  /** Each end that faces the front end; with its fate where it is closed at its next use. */
  const fates = new Map<Socket, Fate | undefined>();
  const host = '127.0.0.1';

  const server = createServer((near) => {
    const port = targetPort();
    if (port === undefined || passage.kind === 'cut') return void near.resetAndDestroy();
    const far = connect({ host, port });
    fates.set(near, undefined);
    near.once('close', () => fates.delete(near));
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(socket);
      // An end that went away takes the other with it.
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.on('error', () => {});
      socket.setNoDelay();
    }
    void carry(near, far, false);
    void carry(far, near, true);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function carry(from: Socket, to: Socket, isAnswer: boolean): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (passage.kind === 'slow') await sleep(passage.delayMs);
        if (passage.kind === 'answers-lost' && isAnswer) continue;
        const near = isAnswer ? to : from;
        if (fates.get(near) === (isAnswer ? 'answer lost' : 'request lost')) {
          return void near.resetAndDestroy();
        }
        if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      }
      to.end();
    } catch {
      to.destroy();
    }
  }

  const breakConnections = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  return {
    url: `http://${host}:${port}`,
    set(next) {
      // A connection that lost part of an answer can't be understood any more.
      if (next.kind === 'cut' || passage.kind === 'answers-lost') breakConnections();
      passage = next;
    },
    closeAtNextUse(fate) {
      for (const near of fates.keys()) fates.set(near, fate);
    },
    async close() {
      breakConnections();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
