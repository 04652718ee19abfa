import { constants, createVerify, type KeyObject, verify } from 'node:crypto';

/** What is needed to verify one algorithm of JSON Web Signatures. */
interface Algorithm {
  /** Type and, where there are several, curve of its keys (RFC 7518, 6.1; RFC 8037, 2). */
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: string;
  readonly hash?: string;
  readonly isPss?: boolean;
  /** Length of every signature in bytes, where that does not depend on the key. */
  readonly signatureBytes?: number;
}

// RFC 7518, 3.3 to 3.5, and RFC 8037, 3.1. Neither HMAC, whose key verifies and forges alike, nor `none`, nor Ed448.
const algorithms = {
  RS256: { kty: 'RSA', hash: 'sha256' },
  RS384: { kty: 'RSA', hash: 'sha384' },
  RS512: { kty: 'RSA', hash: 'sha512' },
  PS256: { kty: 'RSA', hash: 'sha256', isPss: true },
  PS384: { kty: 'RSA', hash: 'sha384', isPss: true },
  PS512: { kty: 'RSA', hash: 'sha512', isPss: true },
  ES256: { kty: 'EC', crv: 'P-256', hash: 'sha256', signatureBytes: 64 },
  ES384: { kty: 'EC', crv: 'P-384', hash: 'sha384', signatureBytes: 96 },
  ES512: { kty: 'EC', crv: 'P-521', hash: 'sha512', signatureBytes: 132 },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', signatureBytes: 64 },
} as const satisfies Record<string, Algorithm>;

/** An algorithm by which tokens and proofs can be signed. `EdDSA` is Ed25519. */
export type SigningAlgorithm = keyof typeof algorithms;

/** Every algorithm that can be allowed. */
export const SIGNING_ALGORITHMS = Object.keys(algorithms) as readonly SigningAlgorithm[];

/** What access tokens are signed with unless something else is allowed. */
export const DEFAULT_ALGORITHMS: readonly SigningAlgorithm[] = ['RS256'];

const names = new Map<unknown, SigningAlgorithm>([
  ...SIGNING_ALGORITHMS.map((name) => [name, name] as const),
  // RFC 9864, 2.2: the name that says which curve; the older one goes on being used.
  ['Ed25519', 'EdDSA'],
]);

/** The algorithm of an `alg` value, compared exactly; nothing for all others. */
export function algorithmNamed(alg: unknown): SigningAlgorithm | undefined {
  return names.get(alg);
}

/** Whether a key of this type and curve can be used with an algorithm. */
export function fits(algorithm: SigningAlgorithm, { kty, crv }: { kty?: unknown; crv?: unknown }): boolean {
  const wanted: Algorithm = algorithms[algorithm];
  return kty === wanted.kty && (wanted.crv === undefined || crv === wanted.crv);
}

/**
 * Verifies a signature of RFC 7515, 5.2. The algorithm is the caller's choice, never that of whoever sent the signature.
 *
 * @param key a public key that `fits`
 * @param input what was signed: ASCII
 * @param signature in base64url. Of ECDSA it is r and s, both of full length (RFC 7518, 3.4), not ASN.1; of RSASSA-PSS
 *   the salt must be as long as the hash (RFC 7518, 3.5)
 */
export function verifySignature(
  algorithm: SigningAlgorithm,
  key: KeyObject,
  input: string,
  signature: string,
): boolean {
  const { hash, isPss, signatureBytes }: Algorithm = algorithms[algorithm];
  if (signatureBytes !== undefined) {
    const bytes = Buffer.from(signature, 'base64url');
    if (bytes.length !== signatureBytes) return false;
    if (hash === undefined) return verify(undefined, Buffer.from(input, 'latin1'), key, bytes);
    return createVerify(hash).update(input, 'latin1').verify({ key, dsaEncoding: 'ieee-p1363' }, bytes);
  }
  // `createVerify` and not `verify`, which costs 4 us more in the middle of a request, though not in a benchmark's loop.
  const verifier = createVerify(hash as string).update(input, 'latin1');
  if (!isPss) return verifier.verify(key, signature, 'base64url');
  const bytes = Buffer.from(signature, 'base64url');
  return (
    isAsLongAsModulus(bytes, key) &&
    verifier.verify({ key, padding: PSS, saltLength: AS_LONG_AS_HASH }, bytes)
  );
}

/** RFC 8017, 8.1.2, step 1. OpenSSL takes an RSASSA-PSS signature also without the zero bytes that it may begin with. */
function isAsLongAsModulus(signature: Buffer, { asymmetricKeyDetails }: KeyObject): boolean {
  return signature.length === Math.ceil((asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

const { RSA_PKCS1_PSS_PADDING: PSS, RSA_PSS_SALTLEN_DIGEST: AS_LONG_AS_HASH } = constants;
