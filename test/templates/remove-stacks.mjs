export { teardown as default } from './package-stacks.mjs';
