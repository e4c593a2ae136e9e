/** A proxy in front of the store that loses answers, as a network does: what was asked for is done. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Proxy {
  readonly url: string;
  /** Requests that came by, as `POST /orders`. */
  readonly seen: readonly string[];
  /** Cuts the connection in place of the next answers to such requests, once the store gave them. */
  loseAnswers(to: string, times: number): void;
  /** Answers so itself, in place of the store, until told otherwise. */
  answer(to: string, problem: { status: number; kind: string } | undefined): void;
  stop(): Promise<void>;
}

export async function startProxy(target: string): Promise<Proxy> {
  const lost = new Map<string, number>();
  const answers = new Map<string, { status: number; kind: string }>();
  const seen: string[] = [];
  const { hostname, port } = new URL(target);

  const server: Server = createServer((incoming, outgoing) => {
    const name = `${incoming.method} ${incoming.url}`;
    seen.push(name);
    const own = answers.get(name);
    if (own !== undefined) {
      outgoing.writeHead(own.status, {
        'Content-Type': 'application/problem+json',
        'Retry-After': '1',
      });
      const problem = { type: `urn:bazar:problem:${own.kind}`, title: '', status: own.status };
      outgoing.end(JSON.stringify({ ...problem, detail: '', requestId: '' }));
      return;
    }
    const { method, url: path, headers } = incoming;
    const onward = request({ hostname, port, method, path, headers }, (answer: IncomingMessage) => {
      const times = lost.get(name) ?? 0;
      if (times > 0) {
        lost.set(name, times - 1);
        answer.resume().once('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.once('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    seen,
    loseAnswers: (to, times) => lost.set(to, times),
    answer: (to, problem) => {
      if (problem === undefined) answers.delete(to);
      else answers.set(to, problem);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
