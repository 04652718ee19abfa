import { audience, otherWebEnvironment, secretOf, urls } from './settings.ts';

/** What the lab shows of the issuer's tenant file. */
export interface Tenant {
  readonly applications: readonly { readonly clientId: string; readonly clientSecret?: string }[];
  readonly users: readonly { readonly email: string; readonly hint?: string; readonly permissions: object }[];
}

/** Prints where the programs are, who may log in, and what to try. */
export async function showReady(tenant: Tenant, withWeb: boolean): Promise<void> {
  const [token, lesser] = await Promise.all([
    accessToken(tenant, 'read:reports'),
    accessToken(tenant, 'create:expenses'),
  ]);
  const web = withWeb
    ? `  Web application  ${urls.web}    log in here`
    : `  Web application  yours. The .env of the identity lab's own one (lab-02/end/webapp):\n\n${otherWebEnvironment(tenant)}\n`;
  console.log(`
The lab is running. Ctrl-C ends it.

${web}
  API              ${urls.api}    documented at ${urls.api}/docs
  Issuer           ${urls.issuer}    what you allowed: ${urls.issuer}/applications

Sample users
${tenant.users.map((user) => `  ${user.email}  password ${user.hint}  may ${asPermissions(user.permissions)}`).join('\n')}

The API answers with expenses for a valid access token that has the permission read:reports:

  curl -H 'Authorization: Bearer ${token}' ${urls.api}/

and refuses without one (401), or with one that lacks the permission (403):

  curl -i ${urls.api}/
  curl -i -H 'Authorization: Bearer ${lesser}' ${urls.api}/
`);
}

/** A token of the lab's machine client with these permissions. */
async function accessToken(tenant: Tenant, scope: string): Promise<string> {
  const response = await fetch(`${urls.issuer}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'lab-cli',
      client_secret: secretOf(tenant, 'lab-cli'),
      audience,
      scope,
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (!token) throw new Error(`The issuer gave no access token (status ${response.status}).`);
  return token;
}

/** The permissions of a user in the tenant file, as one line. */
function asPermissions(byApi: object): string {
  return Object.values(byApi).flat().join(', ');
}
