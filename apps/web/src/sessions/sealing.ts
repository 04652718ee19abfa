import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { createHmac, hkdfSync } from 'node:crypto';
import type { Config } from '../config/config.module.js';

/**
 * Encrypts and authenticates small values (JWE, `dir` with A256GCM) under keys derived from SESSION_SECRET
 * (HKDF, RFC 5869), one key per context: what was sealed for one purpose, or one session, opens for no other.
 */
@Injectable()
export class Sealing {
  readonly #secret: string;

  constructor(@Inject(ConfigService) config: Config) {
    this.#secret = config.get('SESSION_SECRET', { infer: true });
  }

  /** @param expiresAt seconds since 1970; the value does not open from then on */
  async seal(context: string, value: object, expiresAt: number): Promise<string> {
    return new EncryptJWT({ value })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setExpirationTime(expiresAt)
      .encrypt(this.#key(context));
  }

  /** The sealed value; undefined when it was changed, is out of date or was sealed for another context. */
  async open<T extends object>(context: string, sealed: string): Promise<T | undefined> {
    try {
      const { payload } = await jwtDecrypt<{ value: T }>(sealed, this.#key(context), {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      return payload.value;
    } catch {
      return undefined;
    }
  }

  /** An unforgeable, unreadable name for a value, in base64url. */
  fingerprint(context: string, value: string): string {
    return createHmac('sha256', this.#key(context)).update(value).digest('base64url');
  }

  #key(context: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#secret, '', context, 32));
  }
}
