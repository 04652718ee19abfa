import {
  fetchIssuerMetadata,
  fetchJson,
  FETCH_TIMEOUT_MS,
  fetchKeys,
  issuerSpellings,
  type IssuerOptions,
  metadataUrlsOf,
  NoUsableKey,
  type SigningAlgorithm,
  toAlgorithms,
} from '../../auth/index.js';
import type { Environment } from '../../config/environment.js';
import { fault, type Finding, ok, reasonOf, warning } from './finding.js';

type Settings = Pick<Environment, 'CLOCK_TOLERANCE' | 'NODE_ENV'>;

const timeout = () => AbortSignal.timeout(FETCH_TIMEOUT_MS);

/** Members of a key set that no signature is verified by, whatever the settings: nobody need be told of them. */
const HARMLESS = new Set(['other_use']);

/** Whether the issuer is there, is the one that the tokens will name, and has keys that can be used. */
export async function checkIssuer(options: IssuerOptions, settings: Settings): Promise<Finding[]> {
  const [base] = issuerSpellings(options.issuerBaseUrl);
  const { jwksUri } = options;
  const discovered = jwksUri ? undefined : await checkDiscovery(options);
  const keysAt = jwksUri ?? discovered?.jwksUri;
  const names = options.issuer?.toString() ?? base;
  return [
    checkTransport(options, settings),
    ...(discovered?.findings ?? [
      ok('issuer', `tokens must name ${names}; with JWKS_URI there is no discovery`),
    ]),
    ...(keysAt ? await checkKeys(keysAt, toAlgorithms(options.algorithms ?? ['RS256'])) : []),
    await checkClock(keysAt ?? metadataUrlsOf(options.issuerBaseUrl)[0], settings.CLOCK_TOLERANCE),
  ];
}

function checkTransport({ issuerBaseUrl: url }: IssuerOptions, { NODE_ENV: environment }: Settings): Finding {
  if (url.startsWith('https:')) return ok('transport', 'the issuer is reached over https');
  if (environment !== 'production') return ok('transport', 'the issuer is on this machine; http will do');
  return warning(
    'transport',
    'the issuer is reached over http, in production',
    'Use the https URL of the issuer.',
  );
}

async function checkDiscovery(options: IssuerOptions): Promise<{ findings: Finding[]; jwksUri?: string }> {
  try {
    const { url, body } = await fetchIssuerMetadata(options.issuerBaseUrl, timeout());
    const { jwks_uri: jwksUri } = body;
    const found = ok('discovery', `${url} answers`);
    const keys = typeof jwksUri === 'string' && URL.canParse(jwksUri) ? jwksUri : undefined;
    const noKeys = keys ? [] : [fault('keys', `${url} names no jwks_uri`, 'Set JWKS_URI.')];
    return { findings: [found, compareIssuer(body, options), ...noKeys], jwksUri: keys };
  } catch (error) {
    const advice =
      'Check ISSUER_BASE_URL, the name server and proxies; Auth0 tenants are https://TENANT.REGION.auth0.com.';
    return { findings: [fault('discovery', reasonOf(error), advice)] };
  }
}

/**
 * Whether the settings have the name that the tokens will have, as far as the metadata tell: AD FS names it apart
 * (`access_token_issuer`), and some issuers have another name than their address.
 */
function compareIssuer(metadata: Readonly<Record<string, unknown>>, options: IssuerOptions): Finding {
  const { issuerBaseUrl, issuer: configured } = options;
  const names = configured === undefined ? [] : [configured].flat();
  const { issuer: own, access_token_issuer: ofAccessTokens } = metadata;
  const wanted = isName(ofAccessTokens) ? ofAccessTokens : own;
  const source =
    wanted === own ? 'the issuer calls itself' : 'access_token_issuer, the name in access tokens, is';
  if (names.length > 0) {
    if (isName(wanted) && !names.includes(wanted) && !isTemplate(wanted)) {
      return warning(
        'issuer',
        `tokens must name ${names.join(' or ')}, but ${source} ${wanted}`,
        `If tokens are refused as wrong_issuer, set ISSUER=${wanted}`,
      );
    }
    return ok('issuer', `tokens must name ${names.join(' or ')}`);
  }
  if (isName(wanted) && issuerSpellings(issuerBaseUrl).includes(wanted)) {
    const slash =
      wanted === issuerBaseUrl
        ? ''
        : '; it differs from ISSUER_BASE_URL by the slash at the end only, which is fine';
    return ok('issuer', `tokens must name ${wanted}${slash}`);
  }
  const detail = `${source} ${JSON.stringify(wanted)}, which is not ISSUER_BASE_URL (${issuerBaseUrl})`;
  if (!isName(wanted)) return fault('issuer', detail, 'Set ISSUER to the exact iss of the tokens.');
  if (isTemplate(wanted)) {
    const advice =
      'Set ISSUER_BASE_URL to that of one tenant, or ISSUER to the names of the tenants, comma-separated.';
    return fault('issuer', detail, advice);
  }
  return fault('issuer', detail, `ISSUER=${wanted}`);
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Microsoft's name of all tenants at once, as `https://login.microsoftonline.com/{tenantid}/v2.0`. */
const isTemplate = (name: string) => /[{}]/.test(name);

async function checkKeys(url: string, allowed: readonly SigningAlgorithm[]): Promise<Finding[]> {
  try {
    const { keySet } = await fetchKeys(url, timeout(), allowed);
    const findings = [ok('keys', `${url} has ${summaryOf(keySet)}`)];
    const others = keySet.otherAlgorithms;
    if (others.length > 0) {
      const advice = `If tokens are signed with one of these, set\nTOKEN_ALGORITHMS=${[...allowed, ...others].join(',')}`;
      findings.push(warning('keys', `left out, because not allowed: keys for ${others.join(', ')}`, advice));
    }
    const odd = Object.entries(keySet.skipped)
      .filter(([reason]) => !HARMLESS.has(reason) && reason !== 'other_algorithm')
      .map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`);
    if (odd.length > 0) {
      const advice = 'Nothing needs to be done unless tokens are signed with one of these.';
      findings.push(warning('keys', `not used: ${odd.join(', ')}`, advice));
    }
    return findings;
  } catch (error) {
    const others = error instanceof NoUsableKey ? error.keySet.otherAlgorithms : [];
    const advice =
      others.length > 0
        ? `TOKEN_ALGORITHMS=${others.join(',')}`
        : 'The issuer must publish a public key for signatures: RSA of at least 2048 bits, EC or Ed25519.';
    return [fault('keys', reasonOf(error), advice)];
  }
}

/** The keys by what they serve, as `2 for RS256: 2048 bits, 4096 bits; 1 for ES256`. */
function summaryOf(keySet: Awaited<ReturnType<typeof fetchKeys>>['keySet']): string {
  const algorithms = new Set(keySet.all.map(({ algorithm }) => algorithm));
  return [...algorithms]
    .map((algorithm) => {
      const keys = keySet.of(algorithm);
      const sizes = keys.flatMap(({ key }) => key.asymmetricKeyDetails?.modulusLength ?? []);
      return `${keys.length} for ${algorithm}${sizes.length > 0 ? `: ${sizes.map((bits) => `${bits} bits`).join(', ')}` : ''}`;
    })
    .join('; ');
}

/** Compares the clocks by the Date header (RFC 9110, 6.6.1), which counts in whole seconds. */
async function checkClock(url: string, toleranceSeconds: number): Promise<Finding> {
  let skew: number | undefined;
  try {
    ({ clockSkewSeconds: skew } = await fetchJson(url, timeout()));
  } catch {
    return warning('clock', 'cannot be compared: the issuer does not answer', 'Put the issuer right first.');
  }
  if (skew === undefined) return warning('clock', 'cannot be compared: there is no Date header', 'Use NTP.');
  const detail = `this machine is ${Math.abs(skew)} s ${skew > 0 ? 'behind' : 'ahead of'} the issuer`;
  if (Math.abs(skew) <= Math.max(toleranceSeconds, 1) + 1) return ok('clock', detail);
  return fault('clock', detail, 'Set the clocks by NTP; CLOCK_TOLERANCE is for seconds, not for minutes.');
}
