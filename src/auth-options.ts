import type { ConfigService } from '@nestjs/config';
import { type AuthOptions, metadataUrlOf } from './auth/index.js';
import { readKeySetByJwksClient } from './auth/passport/index.js';
import type { Environment } from './config/environment.js';

/** What the environment says about access tokens. */
export function authOptions(config: ConfigService<Environment, true>): AuthOptions {
  const get = <Name extends keyof Environment>(name: Name) => config.get(name, { infer: true });
  return {
    issuers: get('ISSUERS'),
    clockToleranceSeconds: get('CLOCK_TOLERANCE'),
    verifiedTokens: get('VERIFIED_TOKENS'),
    keySetReader: readKeySetByJwksClient,
    resourceMetadataUrl: metadataUrlOf(get('BASE_URL')),
  };
}
