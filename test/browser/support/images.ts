import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const FOLDER = new URL('../../../docs/images/', import.meta.url);
const { UPDATE_DOC_IMAGES } = process.env;

/** Takes a picture for docs/lab.md when UPDATE_DOC_IMAGES=1; else the tests leave the documentation alone. */
export async function documentPage(page: Page, name: string): Promise<void> {
  if (UPDATE_DOC_IMAGES !== '1') return;
  await mkdir(FOLDER, { recursive: true });
  await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, FOLDER)), animations: 'disabled' });
}
