/** How the local gateway calls functions: over connections that are kept. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createInvoke } from '../../local/gateway/lambda.mjs';

const sockets = new Set<Socket>();
const server = createServer();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const answer = (body: string): string =>
  `HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test('a call that meets a connection which was closed meanwhile is made again over a new one', async () => {
  let connections = 0;
  let calls = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    connections += 1;
    let callsHere = 0;
    socket.on('data', () => {
      calls += 1;
      callsHere += 1;
      // As a server does that closes what lay unused, in the moment in which it is used again.
      if (callsHere === 2) socket.resetAndDestroy();
      else socket.write(answer(JSON.stringify({ call: calls })));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const invoke = createInvoke({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });

  expect(await invoke('info', {})).toEqual({ result: { call: 1 } });
  expect(await invoke('info', {})).toEqual({ result: { call: 3 } });
  expect(connections).toBe(2);
});
