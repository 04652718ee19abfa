import { createPublicKey, createVerify } from 'node:crypto';
import { ForbiddenException, UnauthorizedException } from '@nestjs/common';
import { CACHED_TOKENS } from '../lib/settings.js';
import { start as startNest } from './nest-fastify.js';

/**
 * Two guards that do no more than a token asks for: one verifies its signature, compares issuer, audience and expiry, and
 * remembers it; the other compares the scope. There is one key, of which nobody asks whether it is still current, and
 * nothing is said of why a token is refused: the least that guards of Nest can cost.
 */
export async function start(options) {
  const { issuer, jwksUri, audience, scope } = options;
  const answer = await fetch(jwksUri);
  const [jwk] = (await answer.json()).keys;
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const remembered = new Map();

  const verified = (token) => {
    const end = token.lastIndexOf('.');
    const isGenuine = createVerify('sha256')
      .update(token.slice(0, end), 'latin1')
      .verify(key, token.slice(end + 1), 'base64url');
    if (!isGenuine) throw new UnauthorizedException();
    const claims = JSON.parse(Buffer.from(token.slice(token.indexOf('.') + 1, end), 'base64url').toString());
    if (claims.iss !== issuer || !claims.aud.includes(audience)) throw new UnauthorizedException();
    if (remembered.size === CACHED_TOKENS) remembered.delete(remembered.keys().next().value);
    remembered.set(indexOf(token), { token, claims });
    return claims;
  };
  const known = (token) => {
    const entry = remembered.get(indexOf(token));
    return entry?.token === token ? entry.claims : undefined;
  };

  class Authenticated {
    canActivate(context) {
      const request = context.switchToHttp().getRequest();
      const token = request.headers.authorization?.slice('Bearer '.length);
      if (token === undefined) throw new UnauthorizedException();
      request.user = known(token) ?? verified(token);
      if (request.user.exp * 1000 <= Date.now()) throw new UnauthorizedException();
      return true;
    }
  }
  class Permitted {
    canActivate(context) {
      if (context.switchToHttp().getRequest().user.scope.split(' ').includes(scope)) return true;
      throw new ForbiddenException();
    }
  }
  return startNest(options, [Authenticated, Permitted]);
}

/** Hashing all of a token would cost more. */
function indexOf(token) {
  return token.slice(-43);
}
