import {
  FETCH_TIMEOUT_MS,
  fetchIssuerMetadata,
  fetchJson,
  type IssuerOptions,
  issuerSpellings,
  metadataUrlOf,
} from '../../auth/index.js';
import type { Environment } from '../../config/environment.js';
import { type Finding, ok, reasonOf, warning } from './finding.js';

type Settings = Pick<Environment, 'RESOURCE' | 'BASE_URL' | 'ISSUERS'>;
type Metadata = Readonly<Record<string, unknown>>;

const timeout = () => AbortSignal.timeout(FETCH_TIMEOUT_MS);
const namesIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/**
 * Whether a client that knows only the URL of the API can get a token that the API takes: it is refused there, told where
 * the metadata are (RFC 9728), and led by them to an issuer with all that the authorization code and PKCE need. Asked of
 * the running API the way that clients go. None of it is an error, as an API may have other clients only.
 */
export async function checkClients({ RESOURCE, BASE_URL, ISSUERS }: Settings): Promise<Finding[]> {
  const resource = RESOURCE ?? BASE_URL;
  const url = metadataUrlOf(resource);
  try {
    const { body } = await fetchJson(url, timeout());
    return [
      ...(await checkResource(url, resource, body)),
      ...(await Promise.all(ISSUERS.map((issuer) => checkServer(issuer, body)))).flat(),
    ];
  } catch (error) {
    // What fetch throws when nobody answers, as before the first start.
    if ((error as Error).name === 'TypeError')
      return [ok('clients', `can be tried when the API runs: ${reasonOf(error)}`)];
    const advice = 'A proxy before the API has to pass this path on as it is.';
    return [warning('clients', `find no metadata at ${url}: ${reasonOf(error)}`, advice)];
  }
}

/**
 * A client throws metadata away that name another resource than it asked for (RFC 9728, 3.3). An API that is called
 * otherwise leads clients elsewhere, too, which then needs no word of its own.
 */
async function checkResource(url: string, resource: string, metadata: Metadata): Promise<Finding[]> {
  if (metadata.resource !== resource) {
    const detail = `throw away the metadata at ${url}, whose resource is ${JSON.stringify(metadata.resource)}`;
    return [warning('clients', detail, `The API that runs there must have RESOURCE=${resource}`)];
  }
  const scopes = namesIn(metadata.scopes_supported).join(' ');
  return [
    ok('clients', `find the metadata at ${url}; the scopes are ${scopes}`),
    await checkChallenge(url, resource),
  ];
}

/** Whether a call without token is told where the metadata are (RFC 9728, 5.1). */
async function checkChallenge(url: string, resource: string): Promise<Finding> {
  const answer = await fetch(resource, { redirect: 'manual', signal: timeout() });
  await answer.body?.cancel();
  const challenge = answer.headers.get('www-authenticate') ?? '';
  if (answer.status === 401 && challenge.includes(`resource_metadata="${url}"`)) {
    return ok('clients', `are led to the metadata by the challenge of ${resource}`);
  }
  const detail = `are not led to ${url}: ${resource} answers ${answer.status} without a challenge that names it`;
  return warning('clients', detail, 'A proxy before the API has to pass 401 and WWW-Authenticate on.');
}

/** Whether the metadata of the API lead to an issuer, and its own to a token. */
async function checkServer({ issuerBaseUrl, issuer = [] }: IssuerOptions, resource: Metadata) {
  const names = new Set<unknown>([...issuerSpellings(issuerBaseUrl), ...[issuer].flat()]);
  if (!namesIn(resource.authorization_servers).some((server) => names.has(server))) {
    const advice = 'The API that runs there has other settings: start it again.';
    return [warning('clients', `are not led to ${issuerBaseUrl} by the metadata of the API`, advice)];
  }
  try {
    const { url, body } = await fetchIssuerMetadata(issuerBaseUrl, timeout());
    return [...checkFlow(url, body), ...checkProofs(url, body, resource), registrationOf(url, body)];
  } catch (error) {
    const advice =
      'They cannot find the endpoints: tell them by hand, as in the documentation of the issuer.';
    return [warning('clients', `find no metadata of ${issuerBaseUrl}: ${reasonOf(error)}`, advice)];
  }
}

/** What the authorization code with PKCE needs (RFC 8414, 2). */
function checkFlow(url: string, metadata: Metadata): Finding[] {
  const missing = ['authorization_endpoint', 'token_endpoint'].filter(
    (name) => typeof metadata[name] !== 'string' || !URL.canParse(metadata[name]),
  );
  const findings = missing.map((name) =>
    warning('clients', `find no ${name} at ${url}`, 'Users cannot log in by such a client.'),
  );
  if (!namesIn(metadata.code_challenge_methods_supported).includes('S256')) {
    const advice =
      'Some go no further then. Most issuers can do it all the same; see whether yours can say so.';
    findings.push(warning('clients', `are not told at ${url} that the issuer knows PKCE by S256`, advice));
  }
  if (findings.length > 0) return findings;
  return [ok('clients', `find at ${url} where users log in and tokens are given out, with PKCE`)];
}

/** Whether tokens can be bound to keys where the API takes no others (RFC 9449, 5.1; RFC 9728, 2). */
function checkProofs(url: string, metadata: Metadata, resource: Metadata): Finding[] {
  if (resource.dpop_bound_access_tokens_required !== true) return [];
  const common = namesIn(metadata.dpop_signing_alg_values_supported).filter((algorithm) =>
    namesIn(resource.dpop_signing_alg_values_supported).includes(algorithm),
  );
  if (common.length > 0) return [ok('clients', `have their keys proven to both by ${common.join(', ')}`)];
  const detail = `get no tokens that the API takes: it wants them bound to a key, and ${url} offers no DPoP for that`;
  return [warning('clients', detail, 'Set DPOP=allowed, or turn DPoP on at the issuer.')];
}

function registrationOf(url: string, metadata: Metadata): Finding {
  if (metadata.client_id_metadata_document_supported === true)
    return ok('clients', `need no registration: ${url} takes the URL of their own metadata as client_id`);
  if (typeof metadata.registration_endpoint === 'string')
    return ok('clients', `register themselves: ${url} names a registration_endpoint`);
  return ok(
    'clients',
    `have to be registered at the issuer beforehand: ${url} offers no way to do it themselves`,
  );
}
