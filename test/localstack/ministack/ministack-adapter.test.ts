/** The adapter of MiniStack on a version that it doesn't fit. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { projectDir } from '../../../tools/project.js';
import { kinds } from '../../../localstack/kinds.js';
import { installPythonTool } from '../../../tools/emulators/python-tool.js';

const localstackDir = join(projectDir, 'localstack');

test('starts nothing, and says why in one line', async () => {
  const bin = await installPythonTool(kinds.ministack.tool);
  const program = [
    'import runpy',
    'from ministack.services import apigateway_v1',
    'apigateway_v1._match_resource_tree = lambda api_id, path: None',
    `runpy.run_path('${join(localstackDir, 'ministack_adapter.py')}', run_name='__main__')`,
  ];
  const run = promisify(execFile)(join(bin, 'python'), ['-c', program.join('\n')]);
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^\S+ does not fit MiniStack .*_match_resource_tree is gone.*\n$/,
    ),
  });
});
