import { buildMessaging, host } from './messaging-app.js';

// SNS and SQS, in a process of their own. The emulator's own command and `startFauxqs` would listen
// on all of the machine's addresses.

/** The emulator looks every 20 ms whether a message comes back to a queue that somebody waits at. */
const shortestIntervalMs = 250;
const { setInterval } = globalThis;
globalThis.setInterval = (run: () => void, everyMs = 0) =>
  setInterval(run, Math.max(everyMs, shortestIntervalMs));

const app = buildMessaging();
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));
await app.listen({ host, port: Number(process.env['BAZAR_PORT']) });
