/** HTTP/1.1 byte by byte: what `fetch` and `node:http` would mend or refuse is sent as it is. */
import * as net from 'node:net';
import { buffer } from 'node:stream/consumers';
import * as tls from 'node:tls';

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name; the last of a repeated one. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a request whose target and headers have one character a byte; its connection is closed then. */
export const sendRequest = (
  url: string,
  request: {
    readonly method: string;
    readonly target: string;
    readonly headers?: readonly (readonly [name: string, value: string])[];
    readonly body?: Buffer;
  },
): Promise<RawAnswer> => {
  const { method, target, headers = [], body = Buffer.alloc(0) } = request;
  const { host, pathname } = new URL(url);
  const lines = [
    `${method} ${pathname.replace(/\/$/, '')}${target} HTTP/1.1`,
    ...[['Host', host], ...headers].map(([name, value]) => `${name}: ${value}`),
    ...(headers.some(([name]) => name === 'Connection') ? [] : ['Connection: close']),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return sendBytes(url, Buffer.concat([head, body]));
};

/** Sends bytes, and reads what is answered until the other side has closed the connection. */
export async function sendBytes(url: string, bytes: Buffer | string): Promise<RawAnswer> {
  const { protocol, hostname: host, port } = new URL(url);
  const socket =
    protocol === 'https:'
      ? tls.connect({ host, port: Number(port || 443), servername: host })
      : net.connect({ host, port: Number(port || 80) });
  socket.write(bytes);
  const [head = '', ...body] = withoutContinue(await buffer(socket)).split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: body.join('\r\n\r\n'),
  };
}

const withoutContinue = (answer: Buffer): string =>
  answer.toString().replace(/^HTTP\/1.1 100 [^\r]*\r\n(.+\r\n)*\r\n/, '');
