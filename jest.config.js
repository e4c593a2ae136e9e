// The packages in use are ESM only, so jest runs in ESM mode: NODE_OPTIONS=--experimental-vm-modules.
import { chromiumPath } from './tools/chromium-path.mjs';

const base = {
  // What is packaged there has a package.json of the same name.
  modulePathIgnorePatterns: ['<rootDir>/.build/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } },
    ],
  },
};
const project = (name) => ({
  ...base,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...around[name],
});

/** What a project of tests needs before its first file, and after its last. */
const around = {
  templates: {
    globalSetup: '<rootDir>/test/templates/package-stacks.mjs',
    globalTeardown: '<rootDir>/test/templates/remove-stacks.mjs',
  },
};

const names = ['unit', 'templates', 'cli', 'integration', 'http', 'chaos', 'runtime'];
if (chromiumPath !== undefined) names.push('browser');
else console.warn('Skipped: the tests in a browser, for there is no Chromium here.');

export default {
  testTimeout: 240_000,
  projects: names.map(project),
};
