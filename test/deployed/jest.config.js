// The tests over HTTP that any store must pass, and those of deployed stores only. They share the
// store, so they run one after another.
import root from '../../jest.config.js';

const [{ displayName: _name, testMatch: _match, ...base }] = root.projects;

export default {
  ...base,
  rootDir: '../..',
  testTimeout: 300_000,
  testMatch: ['<rootDir>/test/http/*.test.ts', '<rootDir>/test/deployed/*.test.ts'],
};
