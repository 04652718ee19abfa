import { createVerify, generateKeyPairSync, sign } from 'node:crypto';
import { start as startBare } from './node-http.js';

/**
 * Verifies one and the same RS256 signature for every request and looks at nothing else: the least that a new token can
 * cost a server that verifies it on its own core.
 */
export function start(options) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const content = 'x'.repeat(450);
  const signature = sign('sha256', Buffer.from(content), privateKey).toString('base64url');
  return startBare(options, () =>
    createVerify('sha256').update(content, 'latin1').verify(publicKey, signature, 'base64url'),
  );
}
