import type { ConfigService } from '@nestjs/config';
import type { Redis } from 'ioredis';
import { type AuthOptions, MemoryProofReplays, metadataUrlOf } from './auth/index.js';
import { readKeySetByJwksClient } from './auth/passport/index.js';
import type { Environment } from './config/environment.js';
import { clientCertificates } from './http/client-certificate.js';
import { RedisProofReplays } from './redis/redis-proof-replays.js';

/**
 * What the environment says about access tokens.
 *
 * @param redis where several processes remember together which DPoP proofs were used
 */
export function authOptions(config: ConfigService<Environment, true>, redis?: Redis): AuthOptions {
  const get = <Name extends keyof Environment>(name: Name) => config.get(name, { infer: true });
  const keepProofsSeconds = get('DPOP_MAX_AGE') + 2 * get('CLOCK_TOLERANCE');
  return {
    issuers: get('ISSUERS'),
    clockToleranceSeconds: get('CLOCK_TOLERANCE'),
    verifiedTokens: get('VERIFIED_TOKENS'),
    keySetReader: readKeySetByJwksClient,
    dpop: {
      mode: get('DPOP'),
      nonce: get('DPOP_NONCE'),
      nonceSecret: get('DPOP_NONCE_SECRET'),
      maxAgeSeconds: get('DPOP_MAX_AGE'),
      algorithms: get('DPOP_ALGORITHMS'),
      replays: redis && new RedisProofReplays(redis, new MemoryProofReplays(keepProofsSeconds)),
    },
    certificateOf: clientCertificates(get('TRUST_PROXY')),
    resourceName: 'Expenses API',
    resourceDocumentation: `${get('BASE_URL')}/docs`,
    resourceMetadataUrl: metadataUrlOf(get('RESOURCE') ?? get('BASE_URL')),
  };
}
