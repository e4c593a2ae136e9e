// The bench itself, on small stores: minutes, of which most are eight stores that start and end.
import root from '../../jest.config.js';

const [{ displayName: _name, testMatch: _match, ...base }] = root.projects;

export default {
  ...base,
  rootDir: '../..',
  testTimeout: 300_000,
  testMatch: ['<rootDir>/test/bench/*.test.ts'],
};
