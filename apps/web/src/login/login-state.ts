import { Injectable } from '@nestjs/common';
import { Sealing } from '../sessions/sealing.js';

/** What a login is for: it travels through the issuer in `state` (RFC 6749, 4.1.1), encrypted. */
export interface LoginAim {
  /** Finds the login's secrets in the browser that began it. */
  readonly id: string;
  /** The page to show afterwards: a path of this application. */
  readonly returnTo: string;
  /** Permissions that it asks for beside the usual ones. */
  readonly permissions: readonly string[];
  /** Begun by itself, in place of a login whose answer could not be used. */
  readonly again: boolean;
  /** Seconds since 1970. */
  readonly begunAt: number;
}

/** A bookmark of the issuer's page may come back years later, and then still says where it was to lead. */
const LIFETIME_SECONDS = 10 * 365 * 24 * 60 * 60;

/**
 * The `state` of authorization requests. It says what the login is for even when the browser has lost, or never had,
 * what proves that the login is its own; it proves nothing itself.
 */
@Injectable()
export class LoginState {
  constructor(private readonly sealing: Sealing) {}

  /** The `state` of an authorization request for this login. */
  seal(aim: LoginAim): Promise<string> {
    return this.sealing.seal('state', aim, aim.begunAt + LIFETIME_SECONDS);
  }

  /** What was sealed; undefined for anything else that a callback may come with. */
  async open(state: unknown): Promise<LoginAim | undefined> {
    return typeof state === 'string' ? this.sealing.open<LoginAim>('state', state) : undefined;
  }
}
