/** What stands in for parts of LocalStack is made for one version, and says so on another. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { projectDir } from '../../tools/project.js';
import { kinds } from '../../localstack/kinds.js';
import { installPythonTool } from '../../tools/emulators/python-tool.js';

let python: string;

beforeAll(async () => {
  python = join(await installPythonTool(kinds.localstack.tool), 'python');
});

/** Checks a LocalStack of which something was changed first. */
function check(change: string): Promise<{ code: unknown; stderr: string }> {
  const program = `
from core import patches
patches.fit_python()
${change}
patches.check()
`;
  const env = {
    PATH: process.env['PATH'],
    PYTHONPATH: join(projectDir, 'localstack'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  return new Promise((resolve) => {
    execFile(python, ['-W', 'ignore', '-c', program], { env }, (error, _, stderr) => {
      resolve({ code: error?.code ?? 0, stderr });
    });
  });
}

test('the version that is pinned fits', async () => {
  expect(await check('')).toEqual({ code: 0, stderr: '' });
});

test.each([
  [
    'takes other parameters',
    'from localstack.runtime.server import twisted',
    'twisted.TwistedRuntimeServer.register = lambda self, gateway: None',
    'localstack.runtime.server.twisted:TwistedRuntimeServer.register',
  ],
  [
    'is gone',
    'from localstack.services.cloudformation import api_utils',
    'del api_utils.get_template_body',
    'localstack.services.cloudformation.api_utils:get_template_body',
  ],
])('one in which what is replaced %s is refused in a line', async (_, module, change, place) => {
  expect(await check(`${module}\n${change}`)).toEqual({
    code: 1,
    stderr: `error: LocalStack 4.12.0 does not fit: ${place} is not as in 4.12.0, which localstack/requirements pins\n`,
  });
});
