import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type Json, signToken } from './sign-token.js';

/** What a proof is for. */
export interface ProofSubject {
  readonly method?: string;
  /** Without query. */
  readonly url: string;
  /** The access token that the proof goes with. */
  readonly token: string;
}

const pairs = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  Ed25519: () => generateKeyPairSync('ed25519'),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const;

/** A client that proves, for tests, that access tokens bound to its key are its own (RFC 9449). */
export class DpopClient {
  /** The public key. */
  readonly jwk: Readonly<Record<string, unknown>>;
  /** For the `cnf` claim of its tokens. */
  readonly confirmation: { readonly jkt: string };
  readonly privateKey: KeyObject;

  constructor(readonly alg: keyof typeof pairs = 'ES256') {
    const { publicKey, privateKey } = pairs[alg]();
    this.privateKey = privateKey;
    this.jwk = publicKey.export({ format: 'jwk' });
    this.confirmation = { jkt: thumbprintOf(this.jwk) };
  }

  /**
   * A proof; members of `claims` and `header` that are `undefined` are left out.
   *
   * @param key that signs it, when it is not the client's own
   */
  proof(
    { method = 'GET', url, token }: ProofSubject,
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
    key: KeyObject = this.privateKey,
  ): string {
    const good: Json = {
      jti: randomUUID(),
      htm: method,
      htu: url,
      iat: Math.floor(Date.now() / 1000),
      ath: createHash('sha256').update(token).digest('base64url'),
    };
    return signToken(
      { typ: 'dpop+jwt', alg: this.alg, jwk: this.jwk, ...header },
      { ...good, ...claims },
      key,
      this.alg === 'Ed25519' ? 'EdDSA' : this.alg,
    );
  }

  /** The headers of a request with a bound token. */
  headers(subject: ProofSubject): { authorization: string; dpop: string } {
    return { authorization: `DPoP ${subject.token}`, dpop: this.proof(subject) };
  }
}

function thumbprintOf({ kty, crv, e, n, x, y }: Readonly<Record<string, unknown>>): string {
  const members = { RSA: { e, kty, n }, EC: { crv, kty, x, y }, OKP: { crv, kty, x } }[String(kty)];
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
