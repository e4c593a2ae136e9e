import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ministackEnvironment } from '../../tools/emulators/ministack.js';
import { installPythonTool, type PythonTool } from '../../tools/emulators/python-tool.js';
import { ministackDir } from '../files/data-files.js';
import { databasePart } from '../processes/environment.js';
import { logFileOf, portOf } from '../processes/parts.js';
import { untilListening } from '../../tools/processes/readiness.js';
import { readJson } from '../files/store-file.js';
import type { TableKeeper } from './table-keeper.js';

const partName = 'databases';
/** It writes all tables as one text. */
const endingTimeMs = 120_000;

/**
 * MiniStack: one process for all databases, which it tells apart by their regions and tables. It keeps
 * them in memory and writes them when it ends; what a kill takes is lost.
 *
 * @throws CommandError where it can't be installed.
 */
export async function installMinistack(
  onNews: (line: string) => void,
  tool: PythonTool,
): Promise<TableKeeper> {
  const bin = await installPythonTool(tool, () =>
    onNews('MiniStack is installed from PyPI, once, which takes a minute or two'),
  );
  return {
    kind: 'ministack',
    keepsInMemory: true,
    partOf: () => partName,
    async check(folder) {
      const file = join(ministackDir(folder), 'dynamodb.json');
      if (statSync(file, { throwIfNoEntry: false }) === undefined) {
        throw new Error('the tables were never written: the store was killed in its first run');
      }
      if (readJson(file) === undefined) throw new Error(`${file} cannot be read`);
    },
    prepare: async () => undefined,
    part(database, setting) {
      const port = portOf(databasePart(database), setting);
      return {
        name: partName,
        command: join(bin, 'python'),
        args: ['-m', 'ministack.app'],
        env: {
          PATH: setting.env['PATH'],
          ...ministackEnvironment(port),
          PERSIST_STATE: '1',
          STATE_DIR: ministackDir(setting.folder),
          SERVICES: 'dynamodb,dynamodbstreams',
          IOT_MTLS_ENABLED: '0',
          LOG_LEVEL: 'WARNING',
        },
        port,
        hasChannel: false,
        logFile: logFileOf(partName, setting),
        untilReady: (_child, signal) => untilListening(port, signal),
        isLostWhenEnded: true,
        endingTimeMs,
      };
    },
  };
}
