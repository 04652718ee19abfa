import type { Environment } from '../../config/environment.js';
import { fault, type Finding, ok, warning } from './finding.js';

/** Auth0's client ids, and those of many others. */
const CLIENT_ID = /^[A-Za-z0-9]{20,}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Whether each audience names an API. One that names an application would let ID tokens pass for access tokens, as their
 * audience is the application (OpenID Connect Core 1.0, 2).
 */
export function checkAudiences({
  ALLOWED_AUDIENCES: audiences,
}: Pick<Environment, 'ALLOWED_AUDIENCES'>): Finding[] {
  const advice =
    'Use the identifier of the API, as in https://expenses-api, and not the client id of an application.';
  return audiences.map((audience) => {
    if (CLIENT_ID.test(audience))
      return fault('audience', `${audience} looks like the client id of an application`, advice);
    if (UUID.test(audience))
      return warning('audience', `${audience} may be the client id of an application`, advice);
    return ok('audience', `${audience} looks like the identifier of an API`);
  });
}
