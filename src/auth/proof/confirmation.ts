import { isObject } from '../token/claims.js';

/** How the sender of a token proves that the token is theirs (RFC 7800, 3): every member that is there must be met. */
export interface Confirmation {
  /** Thumbprint of the key that signs the sender's DPoP proofs (RFC 9449, 6.1). */
  readonly jkt?: string;
  /** SHA-256 of the sender's TLS client certificate (RFC 8705, 3.1). */
  readonly 'x5t#S256'?: string;
}

/** A way to prove that a token is one's own, by its member in `cnf`. */
export type ConfirmationMethod = keyof Confirmation;

/** SHA-256 in base64url. */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/**
 * Whether a `cnf` claim asks for nothing but what can be verified here. A member that we do not know might narrow who the
 * sender may be, so it is not overlooked.
 *
 * @param methods the ones that can be verified
 */
export function isVerifiable(cnf: unknown, methods: readonly ConfirmationMethod[]): boolean {
  if (!isObject(cnf)) return false;
  const members = Object.entries(cnf);
  return (
    members.length > 0 &&
    members.every(
      ([name, value]) =>
        methods.includes(name as ConfirmationMethod) && typeof value === 'string' && THUMBPRINT.test(value),
    )
  );
}
