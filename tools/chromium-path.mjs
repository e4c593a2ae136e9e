// @ts-check
// Where Debian's Chromium is, or another; the browser tests and the screenshots need one.

import { existsSync } from 'node:fs';
import path from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Undefined where there is none. `CHROMIUM` names one that is not on the `PATH`. */
export const chromiumPath =
  process.env['CHROMIUM'] ||
  (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => existsSync(file));
