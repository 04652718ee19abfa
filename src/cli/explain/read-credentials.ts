import type { ReadStream } from 'node:tty';
import type { TokenScheme } from '../../auth/index.js';
import { CommandError } from '../../process/command.js';

/** Longest input that is read, in characters; tokens that are too long for the API are still explained. */
const MAX_INPUT = 65_536;
const PROOF = /^dpop: */i;
/** What stands before a token: nothing, its scheme, or its header and scheme. */
const TOKEN = /^(?:(?:authorization: *)?(bearer|dpop) +)?/i;

/** What a request says of its sender. */
export interface Credentials {
  /** As it stands behind its scheme; undefined for a request without token. */
  readonly token?: string;
  readonly scheme: TokenScheme;
  /** The DPoP headers, of which there should be one at most. */
  readonly proofs: readonly string[];
}

/**
 * The credentials of an input: a token alone, or header lines as a request has them, `Authorization: DPoP ...` and
 * `DPoP: ...`. A token beside a proof is sent as one that is bound to a key, unless its line says another scheme.
 */
export async function readCredentials(input: NodeJS.ReadableStream): Promise<Credentials> {
  if ((input as ReadStream).isTTY) process.stderr.write('Paste the token, then press Enter and Ctrl-D:\n');
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.length > MAX_INPUT) throw new CommandError(`The input is longer than ${MAX_INPUT} characters.`);
  }
  const lines = text.split(/\r?\n/);
  const proofs = lines.filter((line) => PROOF.test(line)).map((line) => line.replace(PROOF, '').trim());
  const rest = lines
    .filter((line) => !PROOF.test(line))
    .join('\n')
    .trim();
  const [start = '', named] = TOKEN.exec(rest) ?? [];
  const scheme = named ?? (proofs.length > 0 ? 'dpop' : 'bearer');
  return {
    token: rest.slice(start.length) || undefined,
    scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer',
    proofs,
  };
}
