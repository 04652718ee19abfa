/** What builds on passport, passport-jwt, @nestjs/passport and jwks-rsa. Nothing else of `src/auth` loads them. */
export { readKeySetByJwksClient } from './jwks-client.js';
export { JwtStrategy } from './jwt.strategy.js';
