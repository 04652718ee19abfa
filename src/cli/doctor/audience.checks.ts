import type { IssuerOptions } from '../../auth/index.js';
import { type Finding, ok, warning } from './finding.js';

/** Auth0's client ids, and those of many others. */
const CLIENT_ID = /^[A-Za-z0-9]{20,}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Whether each audience names an API. One that names an application would let ID tokens pass for access tokens where no
 * mark tells them apart, as their audience is the application (OpenID Connect Core 1.0, 2). Some issuers have nothing else
 * to write, so this is a hint.
 */
export function checkAudiences({ audiences }: Pick<IssuerOptions, 'audiences'>): Finding[] {
  const advice =
    'Right where the issuer writes no name of an API: the GUID of the API with Entra ID, a client id with Cognito or WSO2. ' +
    'Elsewhere use the identifier of the API, as in https://expenses-api.';
  return audiences.map((audience) =>
    CLIENT_ID.test(audience) || UUID.test(audience)
      ? warning('audience', `${audience} may be the client id of an application`, advice)
      : ok('audience', `${audience} looks like the identifier of an API`),
  );
}

/** Whether ID tokens could pass, because the claim that stands in for `aud` names an application. */
export function checkAudienceClaim(options: IssuerOptions): Finding[] {
  const { audienceClaim = 'aud', requiredClaims = [], profile = 'jwt' } = options;
  if (audienceClaim === 'aud' || profile === 'rfc9068' || requiredClaims.length > 0) return [];
  return [
    warning(
      'audience',
      `AUDIENCE_CLAIM=${audienceClaim} is what tokens without aud are judged by, and nothing tells access tokens from ID tokens`,
      'Set REQUIRED_CLAIMS to what only access tokens have, as in token_use=access (Amazon Cognito).',
    ),
  ];
}
