import { constants, createHmac, type KeyObject, sign } from 'node:crypto';

/** A header or claims set: an object, or its JSON text when it must be what no object can say (members twice, say). */
export type Json = Readonly<Record<string, unknown>> | string;

const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;

function signature(alg: unknown, content: Buffer, key: KeyObject | undefined): Buffer {
  const [, family, bits] = /^(HS|RS|PS|ES|EdDSA|Ed25519)(256|384|512)?$/.exec(String(alg)) ?? [];
  if (!key || !family) return Buffer.alloc(0);
  if (family === 'HS') return createHmac(`sha${bits}`, key).update(content).digest();
  if (family === 'RS') return sign(`sha${bits}`, content, key);
  if (family === 'PS') return sign(`sha${bits}`, content, { key, padding, saltLength });
  if (family === 'ES') return sign(`sha${bits}`, content, { key, dsaEncoding: 'ieee-p1363' });
  return sign(undefined, content, key);
}

const toBase64url = (part: Json) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/**
 * Writes a JSON Web Signature in compact form (RFC 7515, 7.1), valid or not: nothing is checked. Without key, or with an
 * algorithm that is none of RFC 7518's, the signature is empty.
 *
 * @param key an HMAC secret or a private key that goes with `alg`
 * @param alg the algorithm that really signs; default: what the header says
 */
export function signToken(
  header: Json,
  claims: Json,
  key?: KeyObject,
  alg: unknown = typeof header === 'string' ? 'RS256' : header.alg,
): string {
  const content = `${toBase64url(header)}.${toBase64url(claims)}`;
  return `${content}.${signature(alg, Buffer.from(content), key).toString('base64url')}`;
}
