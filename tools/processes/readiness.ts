import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const checkIntervalMs = 10;

/** Resolves once something listens on a port of this machine. */
export async function untilListening(port: number, signal?: AbortSignal): Promise<void> {
  while (!(await isListening(port))) {
    await sleep(checkIntervalMs, undefined, signal ? { signal } : {});
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
