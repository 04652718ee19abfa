import { fetchJson, FETCH_TIMEOUT_MS } from '../../auth/index.js';
import { issuerSpellings } from '../../auth/index.js';
import { fetchKeys } from '../../auth/index.js';
import type { Environment } from '../../config/environment.js';
import { fault, type Finding, ok, reasonOf, warning } from './finding.js';

type Settings = Pick<Environment, 'ISSUER_BASE_URL' | 'JWKS_URI' | 'ISSUER' | 'CLOCK_TOLERANCE' | 'NODE_ENV'>;

const timeout = () => AbortSignal.timeout(FETCH_TIMEOUT_MS);

/** Whether the issuer is there, is the one that the tokens will name, and has keys that can be used. */
export async function checkIssuer(settings: Settings): Promise<Finding[]> {
  const [base] = issuerSpellings(settings.ISSUER_BASE_URL);
  const discoveryUrl = `${base}.well-known/openid-configuration`;
  const { JWKS_URI: jwksUri } = settings;
  const discovered = jwksUri ? undefined : await checkDiscovery(discoveryUrl, settings.ISSUER_BASE_URL);
  const keysAt = jwksUri ?? discovered?.jwksUri;
  return [
    checkTransport(settings),
    ...(discovered?.findings ?? [
      ok('issuer', `tokens must name ${settings.ISSUER ?? base}; with JWKS_URI there is no discovery`),
    ]),
    ...(keysAt ? await checkKeys(keysAt) : []),
    await checkClock(keysAt ?? discoveryUrl, settings.CLOCK_TOLERANCE),
  ];
}

function checkTransport({ ISSUER_BASE_URL: url, NODE_ENV: environment }: Settings): Finding {
  if (url.startsWith('https:')) return ok('transport', 'the issuer is reached over https');
  if (environment !== 'production') return ok('transport', 'the issuer is on this machine; http will do');
  return warning(
    'transport',
    'the issuer is reached over http, in production',
    'Use the https URL of the issuer.',
  );
}

async function checkDiscovery(
  url: string,
  configured: string,
): Promise<{ findings: Finding[]; jwksUri?: string }> {
  try {
    const { body } = await fetchJson(url, timeout());
    const { issuer, jwks_uri: jwksUri } = body;
    const found = ok('discovery', `${url} answers`);
    const keys = typeof jwksUri === 'string' && URL.canParse(jwksUri) ? jwksUri : undefined;
    const noKeys = keys ? [] : [fault('keys', `${url} names no jwks_uri`, 'Set JWKS_URI.')];
    return { findings: [found, compareIssuer(issuer, configured), ...noKeys], jwksUri: keys };
  } catch (error) {
    const advice =
      'Check ISSUER_BASE_URL, the name server and proxies; Auth0 tenants are https://TENANT.REGION.auth0.com.';
    return { findings: [fault('discovery', reasonOf(error), advice)] };
  }
}

function compareIssuer(issuer: unknown, configured: string): Finding {
  if (typeof issuer === 'string' && issuerSpellings(configured).includes(issuer)) {
    const slash =
      issuer === configured
        ? ''
        : '; it differs from ISSUER_BASE_URL by the slash at the end only, which is fine';
    return ok('issuer', `tokens must name ${issuer}${slash}`);
  }
  return fault(
    'issuer',
    `the issuer calls itself ${JSON.stringify(issuer)}, which is not ISSUER_BASE_URL (${configured})`,
    'Set ISSUER_BASE_URL to the name that the issuer has for itself.',
  );
}

async function checkKeys(url: string): Promise<Finding[]> {
  try {
    const { keySet } = await fetchKeys(url, timeout());
    const sizes = keySet.all.map(({ key }) => `${key.asymmetricKeyDetails?.modulusLength} bits`);
    const usable = ok('keys', `${url} has ${keySet.size} for RS256: ${sizes.join(', ')}`);
    const skipped = Object.entries(keySet.skipped).map(
      ([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`,
    );
    if (skipped.length === 0) return [usable];
    const advice = 'Nothing needs to be done unless tokens are signed with one of these.';
    return [usable, warning('keys', `not used: ${skipped.join(', ')}`, advice)];
  } catch (error) {
    return [
      fault('keys', reasonOf(error), 'The issuer must publish an RSA key of at least 2048 bits for RS256.'),
    ];
  }
}

/** Compares the clocks by the Date header (RFC 9110, 6.6.1), which counts in whole seconds. */
async function checkClock(url: string, toleranceSeconds: number): Promise<Finding> {
  let date: string | null;
  try {
    const response = await fetch(url, { redirect: 'manual', signal: timeout() });
    date = response.headers.get('date');
    await response.body?.cancel();
  } catch {
    return warning('clock', 'cannot be compared: the issuer does not answer', 'Put the issuer right first.');
  }
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs))
    return warning('clock', 'cannot be compared: there is no Date header', 'Use NTP.');
  const skew = Math.round((Date.now() - theirs) / 1000);
  const detail = `this machine is ${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} the issuer`;
  if (Math.abs(skew) <= Math.max(toleranceSeconds, 1) + 1) return ok('clock', detail);
  return fault('clock', detail, 'Set the clocks by NTP; CLOCK_TOLERANCE is for seconds, not for minutes.');
}
