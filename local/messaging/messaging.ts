import { buildMessaging, host } from './messaging-app.js';

// SNS and SQS, in a process of their own. The emulator's own command and `startFauxqs` would listen
// on all of the machine's addresses.

const app = buildMessaging();
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));
await app.listen({ host, port: Number(process.env['BAZAR_PORT']) });
