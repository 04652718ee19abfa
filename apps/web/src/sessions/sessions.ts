import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { randomBytes } from 'node:crypto';
import { Sealing } from './sealing.js';
import type { Session } from './session.js';

/** Sessions kept at most; the least recently used one makes room, and its owner logs in again. */
const MAX_SESSIONS = 10_000;

/**
 * The sessions, in this process's memory. A sealed cookie would need no memory, but then tokens would travel to
 * the browser, a logged-out cookie could be replayed, and of two concurrent requests the one with the older
 * cookie would present a refresh token that is already used, upon which an issuer revokes the whole grant.
 *
 * Each session is encrypted under a key that also needs its id, which only the browser knows, and is filed under
 * a fingerprint of that id: a copy of the memory or of a store alone opens no session. A restart ends all
 * sessions; as the issuer remembers its users, logging in again takes one click.
 */
@Injectable()
export class Sessions {
  readonly #sealed = new LRUCache<string, string>({ max: MAX_SESSIONS });

  constructor(private readonly sealing: Sealing) {}

  /** Files a session under a fresh random id and returns the id. */
  async begin(session: Session): Promise<string> {
    const id = randomBytes(32).toString('base64url');
    await this.#put(id, session);
    return id;
  }

  async read(id: string): Promise<Session | undefined> {
    const sealed = this.#sealed.get(this.#name(id));
    return sealed === undefined ? undefined : this.sealing.open<Session>(context(id), sealed);
  }

  /** Replaces a session, unless it has ended meanwhile: a late token refresh must not undo a logout. */
  async replace(id: string, session: Session): Promise<void> {
    const sealed = await this.sealing.seal(context(id), session, session.endsAt);
    if (this.#sealed.has(this.#name(id))) this.#sealed.set(this.#name(id), sealed);
  }

  end(id: string): void {
    this.#sealed.delete(this.#name(id));
  }

  async #put(id: string, session: Session): Promise<void> {
    this.#sealed.set(this.#name(id), await this.sealing.seal(context(id), session, session.endsAt));
  }

  #name(id: string): string {
    return this.sealing.fingerprint('session name', id);
  }
}

function context(id: string): string {
  return `session ${id}`;
}
