/** MiniStack, an emulator of AWS in Python: `localstack/` deploys to it, `npm start` keeps its tables in it. */
import path from 'node:path';
import { projectDir } from '../project.js';
import type { PythonTool } from './python-tool.js';

export const ministack: PythonTool = {
  name: 'ministack',
  requirementsFile: path.join(projectDir, 'localstack/requirements/ministack.txt'),
};

/** What it answers at when it is up. */
export const ministackHealthPath = '/_ministack/health';

/** What it finds in its environment wherever it runs: it listens on this machine alone. */
export const ministackEnvironment = (port: number): Record<string, string> => ({
  GATEWAY_PORT: String(port),
  BIND_HOST: '127.0.0.1',
  // In the URLs of queues; the AWS SDK prefers the host that it was told.
  MINISTACK_HOST: '127.0.0.1',
});
