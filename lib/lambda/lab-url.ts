import { loadConfig } from '../config.js';

/** Where the embedded store's lab answers; no deployed store has one. */
export const deployedLabUrl = (): string | undefined => loadConfig(process.env).LAB_URL;
