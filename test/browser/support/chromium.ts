import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const { CHROMIUM_PATH: path = '/usr/bin/chromium', CI } = process.env;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `describe`, skipped with a word on a machine without Chromium. In CI it is not skipped, and fails. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (existsSync(path) || CI === 'true') {
    describe(name, tests);
    return;
  }
  process.stderr.write(`Skipped, for there is no browser at ${path} (CHROMIUM_PATH): ${name}\n`);
  describe.skip(name, tests);
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: FLAGS });
}
