// The packages in use are ESM only, so jest runs in ESM mode: NODE_OPTIONS=--experimental-vm-modules.
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
});

export default {
  testTimeout: 240_000,
  projects: ['unit', 'templates', 'cli', 'integration', 'http', 'chaos', 'runtime', 'browser'].map(
    project,
  ),
};
