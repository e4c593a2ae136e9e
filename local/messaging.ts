import { buildApp } from 'fauxqs';

// SNS and SQS, in a process of their own. The emulator's own command and `startFauxqs` would listen
// on all of the machine's addresses.

const host = '127.0.0.1';
const app = buildApp({ logger: false, host });
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));
await app.listen({ host, port: Number(process.env['BAZAR_PORT']) });
