import { cp, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chooseTableKeeper } from '../../local/databases/choose-keeper.js';
import { readJson } from '../../local/files/store-file.js';
import { makeDataDir, startStore } from '../../local/store-process.js';
import { fingerprintOf, runStart } from './run-start.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bazar-refused-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A start that must end in one clear line, with exit code 1. */
async function expectRefusal(
  options: readonly string[],
  line: RegExp,
  env?: Readonly<Record<string, string>>,
): Promise<void> {
  const { exitCode, lines } = await runStart(options, env);
  expect(lines).toEqual([expect.stringMatching(line)]);
  expect(exitCode).toBe(1);
}

describe('the command line', () => {
  test('an unknown option ends in one line', async () => {
    await expectRefusal(['--prot', '3100'], /unknown option '--prot'/);
  });

  test.each([
    ['--port', 'http'],
    ['--port', '70000'],
    ['--regions', 'us-east-1,us-east-1'],
    ['--regions', 'mars'],
  ])('%s %s ends in one line', async (option, value) => {
    await expectRefusal([option, value], new RegExp(`'${option} .*'${value}' is invalid`));
  });
});

describe('the settings', () => {
  test.each([
    ['BAZAR_REPLICAS', 'us-east-1'],
    ['BAZAR_CURRENCY', 'dollars'],
    ['BAZAR_CORS_ORIGINS', 'https://shop.example/books'],
    ['BAZAR_READ_ROUTING', 'random'],
    ['BAZAR_TRACING', 'maybe'],
  ])('%s=%s ends in one line, before the folder is made', async (variable, value) => {
    const data = join(folder, 'never-set-up');
    await expectRefusal(['--port', '0', '--data', data], new RegExp(`bazar: ${variable}`), {
      [variable]: value,
    });
    await expect(readdir(data)).rejects.toThrow('ENOENT');
  });
});

describe('the emulator', () => {
  test('without dynoxide and Python, the line says what to install', async () => {
    const path = process.env['PATH'];
    const machine = { env: { PATH: '/nonexistent' }, platform: 'darwin', arch: 'arm64' } as const;
    const requirementsFile = join(folder, 'requirements.txt');
    await writeFile(requirementsFile, '');
    const notInstalled = { name: 'not-installed', requirementsFile };
    const news: string[] = [];
    process.env['PATH'] = '/nonexistent';
    const choice = chooseTableKeeper((line) => news.push(line), machine, notInstalled);
    await expect(choice).rejects.toThrow(
      /^the DynamoDB emulator dynoxide is not packaged for darwin-arm64.*there is no python3; install Python 3\.11/,
    );
    process.env['PATH'] = path;
    expect(news).toEqual([]);
  });

  test('on Windows the line says where else it runs', async () => {
    const machine = { env: {}, platform: 'win32', arch: 'x64' } as const;
    await expect(chooseTableKeeper(() => {}, machine)).rejects.toThrow(/run it in WSL 2/);
  });

  test('dynoxide, where it is asked for, is not replaced', async () => {
    const machine = {
      env: { PATH: '/nonexistent', BAZAR_EMULATOR: 'dynoxide' },
      platform: 'darwin',
      arch: 'arm64',
    } as const;
    const choice = chooseTableKeeper(() => {}, machine);
    await expect(choice).rejects.toThrow(/not packaged for darwin-arm64, nor on the PATH/);
  });

  test('BAZAR_EMULATOR with another name ends in one line', async () => {
    const data = join(folder, 'never-begun');
    await expectRefusal(
      ['--port', '0', '--data', data],
      /BAZAR_EMULATOR is dynoxide or ministack/,
      {
        BAZAR_EMULATOR: 'moto',
      },
    );
  });

  test('a name that is no program ends in one line, before the folder is made', async () => {
    const data = join(folder, 'never-made');
    await expectRefusal(['--port', '0', '--data', data], /DYNOXIDE names \/nonexistent/, {
      DYNOXIDE: '/nonexistent',
    });
    await expect(readdir(data)).rejects.toThrow('ENOENT');
  });
});

test('a port in use ends in one line, before the folder is made', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const data = join(folder, 'port-in-use');
  await expectRefusal(['--port', String(port), '--data', data], /port \d+ is in use; --port/);
  await expect(readdir(data)).rejects.toThrow('ENOENT');
  server.close();
});

describe('the data folder', () => {
  test.each([{ fresh: false }, { fresh: true }])(
    'with files of others it is left alone (fresh: $fresh)',
    async ({ fresh }) => {
      const data = join(folder, `others-${fresh}`);
      await mkdir(data);
      await writeFile(join(data, 'thesis.txt'), 'the only copy');
      const before = fingerprintOf(data);
      const options = ['--port', '0', '--data', data, ...(fresh ? ['--fresh'] : [])];
      await expectRefusal(options, /holds files that are not a store's \(thesis\.txt\)/);
      expect(fingerprintOf(data)).toEqual(before);
    },
  );

  test('may not be a file', async () => {
    const data = join(folder, 'file');
    await writeFile(data, '');
    await expectRefusal(['--port', '0', '--data', data], /is not a folder/);
  });

  describe('of a store that has run', () => {
    let sound: string;
    beforeAll(async () => {
      sound = await makeDataDir();
      const store = await startStore({ dataDir: sound });
      await store.stop();
    });
    afterAll(() => rm(sound, { recursive: true, force: true }));

    const damages: readonly [what: string, damage: (data: string) => unknown, line: RegExp][] = [
      [
        'a store.json that is cut short',
        (data) => truncate(join(data, 'store.json'), 40),
        /damaged: store\.json cannot be read/,
      ],
      [
        'a store.json of another version',
        (data) => {
          const store = readJson(join(data, 'store.json')) as object;
          return writeFile(join(data, 'store.json'), JSON.stringify({ ...store, version: 7 }));
        },
        /another version of Bazar \(its format is 7/,
      ],
      [
        'a database that is text',
        (data) => writeFile(join(data, 'us-east-1.db'), 'id,title\n1,RPCs for Noobs\n'),
        /damaged: us-east-1\.db is not a SQLite file/,
      ],
      [
        'an empty database',
        (data) => truncate(join(data, 'us-east-1.db'), 0),
        /damaged: us-east-1\.db is not a SQLite file/,
      ],
      [
        'a database that is cut short',
        (data) => truncate(join(data, 'eu-west-1.db'), 20_000),
        /damaged: eu-west-1\.db cannot be opened \(.*malformed/,
      ],
      [
        'a database that is missing',
        (data) => rm(join(data, 'eu-west-1.db')),
        /damaged: eu-west-1\.db is missing/,
      ],
      [
        'a folder in place of a database',
        async (data) => {
          await rm(join(data, 'front.db'));
          await mkdir(join(data, 'front.db'));
        },
        /damaged: front\.db is not a file/,
      ],
      [
        'a file in place of a folder',
        async (data) => {
          await rm(join(data, 'log'), { recursive: true });
          await writeFile(join(data, 'log'), 'not a folder');
        },
        /damaged: .*log is not a folder/,
      ],
      [
        'checkpoints that are cut short',
        (data) => truncate(join(data, 'checkpoints/us-east-1.json'), 10),
        /damaged: checkpoints\/us-east-1\.json cannot be read/,
      ],
    ];

    test.each(damages)('%s: it stays as it was', async (_what, damage, line) => {
      const data = await mkdtemp(join(folder, 'damaged-'));
      await cp(sound, data, { recursive: true });
      await damage(data);
      const before = fingerprintOf(data);
      const temporary = await mkdtemp(join(folder, 'temporary-'));
      await expectRefusal(['--port', '0', '--data', data], line, { TMPDIR: temporary });
      expect(fingerprintOf(data)).toEqual(before);
      // Copies of databases were looked at; neither they nor their emulators are left.
      const left = (await readdir(temporary)).filter((name) => name.startsWith('bazar'));
      expect(left).toEqual([]);
    });

    test('a region that it holds may not be left out', async () => {
      const before = fingerprintOf(sound);
      const options = ['--port', '0', '--data', sound, '--regions', 'us-east-1'];
      await expectRefusal(options, /holds the data of eu-west-1, which --regions leaves out/);
      expect(fingerprintOf(sound)).toEqual(before);
    });
  });
});
