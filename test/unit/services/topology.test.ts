import { expect, test } from '@jest/globals';
import { CommandError } from '../../../tools/terminal/command-error.js';
import { topologyIn } from '../../../services/topology.js';

test.each([
  ['plainly', 'us-east-1#1, eu-west-1#1'],
  ['in quotes, with a comment', "'us-east-1#1,eu-west-1#1' # both"],
  ['over two lines', '>-\n  us-east-1#1,\n  eu-west-1#1'],
  ['by a variable', "${env:BAZAR_REPLICAS, 'us-east-1#1,eu-west-1#1'} # both"],
])('the regions of the configuration are understood, written %s', (_how, replicas) => {
  const config = `prefix: bazar\nreplicas: ${replicas}\nfronts: us-east-1\n`;
  expect(topologyIn(config, {})).toEqual({
    sites: ['us-east-1#1', 'eu-west-1#1'],
    fronts: ['us-east-1'],
  });
});

test.each(['replicas: [', 'replicas: [us-east-1#1]'])('what is not so is refused: %s', (config) => {
  expect(() => topologyIn(config, {})).toThrow(CommandError);
});

test('the environment says otherwise', () => {
  const config = "replicas: ${env:BAZAR_REPLICAS, 'us-east-1#1'}\nfronts: us-east-1\n";
  expect(topologyIn(config, { BAZAR_REPLICAS: 'eu-west-1#2' }).sites).toEqual(['eu-west-1#2']);
});
