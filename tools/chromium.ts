/** A browser without a window. */
import { chromium, type Browser } from 'playwright-core';
import { chromiumPath } from './chromium-path.mjs';
import { CommandError } from './terminal/command-error.js';

/** It speaks to nobody but the pages that it is sent to. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @throws CommandError where there is no Chromium. */
export function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) {
    throw new CommandError('there is no Chromium: install it, or name it by CHROMIUM');
  }
  return chromium.launch({ executablePath: chromiumPath, args: quiet });
}
