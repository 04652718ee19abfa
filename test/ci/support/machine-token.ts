import { AUDIENCE } from '../../../apps/web/test/support/lab.js';
import { secretOf } from '../../../scripts/lab/settings.js';
import type { Tenant } from '../../../scripts/lab/greeting.js';

/**
 * A token of the lab's machine client.
 *
 * @param issuer its address
 * @throws Error when the client may not have the scope
 */
export async function machineToken(issuer: string, tenant: Tenant, scope: string): Promise<string> {
  const response = await fetch(new URL('/oauth/token', issuer), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'lab-cli',
      client_secret: secretOf(tenant, 'lab-cli'),
      audience: AUDIENCE,
      scope,
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (!token) throw new Error(`no token for ${scope}: ${response.status}`);
  return token;
}
