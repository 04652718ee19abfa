import { Inject, Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Sealing } from './sealing.js';
import { personOf, type Session } from './session.js';
import { SESSION_STORE, type SessionStore } from './session-store.js';

/**
 * The sessions, on the server. A sealed cookie would need no memory, but then tokens would travel to the browser, a
 * logged-out cookie could be replayed, and of two concurrent requests the one with the older cookie would present a
 * refresh token that is already used, upon which an issuer revokes the whole grant.
 *
 * Each session is encrypted under a key that also needs its id, which only the browser knows, and is filed under a
 * fingerprint of that id: a copy of the store alone opens no session.
 *
 * Every method throws SessionsUnavailable when the store cannot be reached.
 */
@Injectable()
export class Sessions {
  constructor(
    private readonly sealing: Sealing,
    @Inject(SESSION_STORE) private readonly store: SessionStore,
  ) {}

  /** Files a session under a fresh random id and returns the id. A person's oldest one makes room, if need be. */
  async begin(session: Session): Promise<string> {
    const id = randomBytes(32).toString('base64url');
    const person = this.sealing.fingerprint('person', personOf(session));
    await this.store.add(this.#name(id), await this.#seal(id, session), person);
    return id;
  }

  /** The session, which counts as used now; undefined when it has ended. */
  async read(id: string): Promise<Session | undefined> {
    const sealed = await this.store.get(this.#name(id));
    return sealed === undefined ? undefined : this.sealing.open<Session>(context(id), sealed);
  }

  /** Replaces a session, unless it has ended meanwhile: a late token refresh must not undo a logout. */
  async replace(id: string, session: Session): Promise<void> {
    await this.store.replace(this.#name(id), await this.#seal(id, session));
  }

  /** Ends a session; does nothing when it has ended. */
  async end(id: string): Promise<void> {
    await this.store.delete(this.#name(id));
  }

  /** Does work that no other process may do for this session at the same time, such as to use its refresh token. */
  exclusively<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.store.exclusively(this.#name(id), work);
  }

  #seal(id: string, session: Session): Promise<string> {
    return this.sealing.seal(context(id), session, session.endsAt);
  }

  #name(id: string): string {
    return this.sealing.fingerprint('session name', id);
  }
}

function context(id: string): string {
  return `session ${id}`;
}
