import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { installPythonTool } from '../../../tools/emulators/python-tool.js';

const path = process.env['PATH'];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bazar-python-'));
  process.env['PATH'] = folder;
});

afterEach(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true });
});

/** A tool that is installed nowhere. */
function tool(newestPython?: string) {
  const requirementsFile = join(folder, 'requirements.txt');
  writeFileSync(requirementsFile, '');
  return { name: 'A tool', requirementsFile, ...(newestPython && { newestPython }) };
}

function installPython(version: string): void {
  const program = join(folder, 'python3');
  writeFileSync(program, `#!/bin/sh\necho ${version}\n`);
  chmodSync(program, 0o755);
}

test.each([
  ['3.10', undefined, /^A tool needs Python 3\.11 or later: python3 is 3\.10$/],
  ['2.7', undefined, /^A tool needs Python 3\.11 or later: python3 is 2\.7$/],
  ['3.14', '3.13', /^A tool needs Python 3\.11 to 3\.13: python3 is 3\.14$/],
  ['3.9', '3.13', /^A tool needs Python 3\.11 to 3\.13: python3 is 3\.9$/],
])('Python %s is refused in a line where at most %s will do', async (version, newest, line) => {
  installPython(version);
  await expect(installPythonTool(tool(newest))).rejects.toThrow(line);
});

test('that there is no Python is said in a line', async () => {
  await expect(installPythonTool(tool('3.13'))).rejects.toThrow(
    /^A tool needs Python 3\.11 to 3\.13: there is no python3$/,
  );
});

test('a fit Python is asked for a virtual environment, and told if it makes none', async () => {
  installPython('3.12');
  await expect(installPythonTool(tool('3.13'))).rejects.toThrow(/cannot be installed/);
});
