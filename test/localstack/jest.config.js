// What only an emulator that enforces IAM lets a test do to an account: see localstack/test.ts.
import deployed from '../deployed/jest.config.js';

export default { ...deployed, testMatch: ['<rootDir>/test/localstack/*.test.ts'] };
