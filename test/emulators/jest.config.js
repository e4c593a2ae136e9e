// The emulators themselves, each started for its tests, with no store on it.
import root from '../../jest.config.js';

const [{ displayName: _name, testMatch: _match, ...base }] = root.projects;

export default {
  ...base,
  rootDir: '../..',
  testTimeout: 300_000,
  testMatch: ['<rootDir>/test/emulators/*.test.ts'],
};
