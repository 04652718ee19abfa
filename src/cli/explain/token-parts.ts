import { type AccessToken, type Claims, parseAccessToken } from '../../auth/index.js';
import { shown } from './evidence.js';

/** A token taken apart, if there is one and it is a JSON Web Token. */
export function tokenIn(text: string | undefined): AccessToken | undefined {
  if (text === undefined) return undefined;
  try {
    return parseAccessToken(text);
  } catch {
    return undefined;
  }
}

/** The claims of a token, if it is a JSON Web Token. */
export function claimsIn(token: string | undefined): Claims | undefined {
  return tokenIn(token)?.claims;
}

/** What a token is that is no signed JSON Web Token, as far as its form tells, and what to do about it. */
export function partsEvidence(token: string): string {
  const parts = token.split('.');
  if (parts.length === 1) {
    return (
      'it has 1 part and not 3: it is opaque, and only its issuer can read it. ' +
      'Ask for one that is for this API: with audience (Auth0), resource (RFC 8707) or a scope of the API (Entra ID)'
    );
  }
  if (parts.length === 5) return `it has 5 parts: ${encryptedEvidence(parts[0]!)}`;
  if (parts.length !== 3) return `it has ${parts.length} parts and not 3`;
  return 'one of its 3 parts is empty, not base64url, or no JSON object';
}

/** Auth0 writes itself into the header when nobody has asked for an audience: the token is for its own userinfo. */
function encryptedEvidence(header: string): string {
  const { alg, iss } = jsonIn(header);
  const issuer = iss === undefined ? '' : `, iss is ${shown(iss)}`;
  return (
    `it is encrypted (alg is ${shown(alg)}${issuer}), and only its recipient can read it. Auth0 issues such a token when no ` +
    'audience was asked for: ask with audience. OpenIddict does until DisableAccessTokenEncryption() is called'
  );
}

function jsonIn(segment: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(Buffer.from(segment, 'base64url').toString())) as Record<string, unknown>;
  } catch {
    return {};
  }
}
