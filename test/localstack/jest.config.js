// What only an emulator lets a test do to an account: see localstack/test.ts.
import deployed from '../deployed/jest.config.js';

const kind = process.env['BAZAR_TEST_EMULATOR'];

export default {
  ...deployed,
  testMatch: ['<rootDir>/test/localstack/*.test.ts', `<rootDir>/test/localstack/${kind}/*.test.ts`],
};
