import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { LRUCache } from 'lru-cache';
import * as client from 'openid-client';
import type { Config } from '../config/config.module.js';
import type { ProofKey } from '../sessions/session.js';

/** The algorithm of the proofs (RFC 7518, 3.1). Every issuer and API that takes proofs knows it. */
export const PROOF_ALGORITHM = 'ES256';
const KEY_PARAMETERS = { name: 'ECDSA', namedCurve: 'P-256' };
/** Keys that are kept ready for use at most. */
const MAX_READY = 1000;

/**
 * The keys by which this application proves that tokens are its own (DPoP, RFC 9449): a token that somebody steals is
 * worth nothing without its key.
 */
@Injectable()
export class ProofKeys {
  readonly #self: client.Configuration;
  readonly #apiUrl: string;
  readonly #resource: string;
  /** By the key's x coordinate. Each keeps the nonces that the issuer and the API gave it. */
  readonly #ready = new LRUCache<string, Promise<client.DPoPHandle>>({ max: MAX_READY });

  constructor(@Inject(ConfigService) config: Config) {
    const issuer = config.get('ISSUER_BASE_URL', { infer: true });
    this.#self = new client.Configuration({ issuer }, config.get('CLIENT_ID', { infer: true }));
    this.#apiUrl = config.get('API_URL', { infer: true });
    this.#resource = config.get('API_RESOURCE', { infer: true }) ?? this.#apiUrl;
  }

  /** A fresh key. */
  async create(): Promise<ProofKey> {
    const { privateKey } = await client.randomDPoPKeyPair(PROOF_ALGORITHM, { extractable: true });
    return crypto.subtle.exportKey('jwk', privateKey);
  }

  /** What makes proofs with a key. */
  prover(key: ProofKey): Promise<client.DPoPHandle> {
    const name = String(key.x);
    const ready = this.#ready.get(name) ?? this.#prepare(key);
    this.#ready.set(name, ready);
    return ready;
  }

  async #prepare({ kty, crv, x, y, d }: ProofKey): Promise<client.DPoPHandle> {
    const [privateKey, publicKey] = await Promise.all([
      crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, KEY_PARAMETERS, false, ['sign']),
      crypto.subtle.importKey('jwk', { kty, crv, x, y }, KEY_PARAMETERS, true, ['verify']),
    ]);
    const modify: client.ModifyAssertionFunction = (_header, claims) => {
      // The API holds proofs against its own address, which is not the one to reach it by inside a cluster.
      const { htu } = claims;
      if (typeof htu === 'string' && htu.startsWith(this.#apiUrl)) {
        claims['htu'] = this.#resource + htu.slice(this.#apiUrl.length);
      }
    };
    return client.getDPoPHandle(this.#self, { privateKey, publicKey }, { [client.modifyAssertion]: modify });
  }
}
