import type { ReadStream } from 'node:tty';
import { CommandError } from '../command.js';

/** Longest input that is read, in characters; tokens that are too long for the API are still explained. */
const MAX_INPUT = 65_536;

/** The token of an input, which may also be a whole Authorization header; undefined when there is none. */
export async function readToken(input: NodeJS.ReadableStream): Promise<string | undefined> {
  if ((input as ReadStream).isTTY) process.stderr.write('Paste the token, then press Enter and Ctrl-D:\n');
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.length > MAX_INPUT) throw new CommandError(`The input is longer than ${MAX_INPUT} characters.`);
  }
  const token = text.trim().replace(/^(?:authorization: *)?bearer +/i, '');
  return token === '' ? undefined : token;
}
