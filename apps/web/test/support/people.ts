import type { Lab } from './lab.js';
import { type Page, Visitor } from './visitor.js';

export const ALICE = 'alice@example.com';
export const BOB = 'bob@example.com';
export const MANAGER = 'manager@example.com';

/** Opens the address, logs in and accepts what is asked, as far as the issuer asks. */
export async function logIn(visitor: Visitor, lab: Lab, email: string, address: string | URL): Promise<Page> {
  let page = await visitor.open(address);
  if (page.heading === 'Log in') {
    page = await visitor.press(page, 'Log in', { user_name: email, password: lab.passwordOf(email) });
  }
  return page.heading === 'Allow access?' ? visitor.press(page, 'Accept') : page;
}

/** Somebody who is logged in, and the expenses page that they see. */
export async function loggedIn(lab: Lab, email: string): Promise<{ visitor: Visitor; page: Page }> {
  const visitor = new Visitor(lab.url);
  return { visitor, page: await logIn(visitor, lab, email, '/expenses') };
}
