import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const FORMAT = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,})\$([\w-]{43,})$/;
/** Bounds what a hash in the tenant file may make us spend on one login: 128 * N * r bytes. */
const MAX_MEMORY = 256 * 1024 * 1024;

/** Verified for unknown users, so that the time of the answer does not tell who exists. */
const NOBODY = `scrypt$16384$8$1$${randomBytes(16).toString('base64url')}$${randomBytes(32).toString('base64url')}`;

/** Whether the text is `scrypt$N$r$p$salt$hash` with salt and hash in base64url. */
export function isPasswordHash(text: string): boolean {
  return FORMAT.test(text);
}

/**
 * The form in which passwords are compared: the same text, whichever way a keyboard composes its letters and spaces
 * (OpaqueString, RFC 8265, 4.2.2).
 */
function comparable(password: string): string {
  return password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC');
}

/**
 * Whether `password` is the one that `hash` was made of. Takes the same time when there is no hash, and answers false.
 */
export async function verifyPassword(password: string, hash: string = NOBODY): Promise<boolean> {
  const [, N, r, p, salt, expected] = FORMAT.exec(hash) ?? [];
  if (!N || !r || !p || !salt || !expected) throw new TypeError('Not a password hash');
  const wanted = Buffer.from(expected, 'base64url');
  const derived = await new Promise<Buffer>((resolve, reject) => {
    scrypt(
      comparable(password),
      Buffer.from(salt, 'base64url'),
      wanted.length,
      { N: Number(N), r: Number(r), p: Number(p), maxmem: MAX_MEMORY },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
  return timingSafeEqual(derived, wanted);
}
