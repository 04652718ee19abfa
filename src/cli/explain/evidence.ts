import {
  type AccessToken,
  algorithmNamed,
  claimAt,
  type Claims,
  claimsOfOthers,
  CLIENT_CLAIMS,
  hasRequired,
  malformedClaims,
  missingClaims,
  type PrincipalRules,
  type RefusalReason,
  type TokenRules,
  UNSUPPORTED_HEADERS,
} from '../../auth/index.js';

const LONGEST = 200;
/** The members of `cnf` that are registered (RFC 7800, 8705, 9449). Other names could be anything, so none is shown. */
const CONFIRMATION_MEMBERS = new Set(['jwk', 'jwe', 'kid', 'jku', 'x5t#S256', 'jkt']);

/** A value of a token for a terminal: it comes from anywhere, so only plain characters are left as they are. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  return short.replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Values, of which one is wanted. */
export const list = (values: readonly string[]) => values.map(shown).join(' or ');

/** A time, and how far away it is. */
export function timeText(seconds: unknown): string {
  if (seconds === undefined) return 'absent';
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return shown(seconds);
  const away = Math.round(Number(seconds) - Date.now() / 1000);
  return `${date.toISOString()}, ${Math.abs(away)} s ${away < 0 ? 'ago' : 'from now'}`;
}

/** What kind of value a claim has, and no more of it than that. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (value === '') return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : 'a list';
  if (typeof value === 'object') return 'an object';
  return { string: 'text', number: 'a number', boolean: 'a truth value' }[typeof value as string]!;
}

/** What kinds of values these claims have. */
export const kindsOf = (claims: Claims, names: readonly string[]) =>
  names.map((name) => `${name} is ${kindOf(claims[name])}`).join(', ');

/** What a failed check found, and what it looked for; nothing of the token but the members that the check is about. */
export function evidence(reason: RefusalReason, token: AccessToken, rules: TokenRules): string {
  const { header, claims } = token;
  switch (reason) {
    case 'unsupported_algorithm':
      return `alg is ${shown(header.alg)}, allowed is ${list(rules.algorithms)}${algorithmHint(header.alg)}`;
    case 'unsupported_header':
      return `it has ${UNSUPPORTED_HEADERS.filter((name) => Object.hasOwn(header, name)).join(', ')}`;
    case 'unsupported_type':
      return `typ is ${shown(header.typ)}, expected is "at+jwt"${rules.profile === 'jwt' ? ', "JWT" or none' : ', by TOKEN_PROFILE=rfc9068'}`;
    case 'malformed_token':
      return `kid is ${kindOf(header.kid)}, expected is text`;
    case 'missing_claim':
      return missingEvidence(token, rules);
    case 'invalid_claim':
      return invalidEvidence(token, rules);
    case 'not_an_access_token':
      return kindEvidence(token);
    case 'unverifiable_binding':
      return bindingEvidence(token, rules);
    case 'wrong_issuer':
      return `iss is ${shown(claims.iss)}, expected is ${list(rules.issuers)}`;
    case 'wrong_audience':
      return audienceEvidence(token, rules);
    case 'required_claim':
      return requiredEvidence(token, rules);
    case 'token_expired':
      return `exp is ${timeText(claims.exp)}`;
    case 'token_not_yet_valid':
      return `nbf is ${timeText(claims.nbf)}`;
    case 'issued_in_future':
      return `iat is ${timeText(claims.iat)}; is the clock of this machine right?`;
    default:
      return 'no';
  }
}

function algorithmHint(alg: unknown): string {
  if (algorithmNamed(alg) !== undefined) return ': TOKEN_ALGORITHMS';
  return /^HS\d/.test(String(alg))
    ? '; whoever can verify such a token can forge it, so no setting allows it'
    : '';
}

function missingEvidence(token: AccessToken, rules: TokenRules): string {
  const missing = missingClaims(token, rules);
  const lacks = `it lacks ${missing.join(', ')}`;
  if (rules.profile === 'rfc9068') return `${lacks}; TOKEN_PROFILE=rfc9068 demands them`;
  const clients = CLIENT_CLAIMS.filter((name) => Object.hasOwn(token.claims, name));
  const hints = [
    missing.includes('aud') &&
      (clients.length > 0
        ? `has ${clients.join(', ')}: AUDIENCE_CLAIM`
        : 'no audience was asked for or registered'),
    missing.includes('sub') && (clients.length > 0 ? `has ${clients.join(', ')}: SUBJECT_CLAIM` : undefined),
  ].filter(Boolean);
  return [lacks, ...hints].join(', ');
}

const isTime = (name: string) => ['exp', 'nbf', 'iat'].includes(name);

function invalidEvidence(token: AccessToken, rules: TokenRules): string {
  const malformed = malformedClaims(token, rules);
  const wanted = malformed.every(isTime) ? 'a number' : malformed.some(isTime) ? 'a number or text' : 'text';
  const hint = Array.isArray(token.claims.aud) && token.claims.aud.length === 0;
  return `${kindsOf(token.claims, malformed)}${hint ? ': no audience was asked for or registered' : `, expected is ${wanted}`}`;
}

/** By what an ID token, say, was known. */
function kindEvidence(token: AccessToken): string {
  const { claims } = token;
  if (typeof claims.typ === 'string') return `typ is ${shown(claims.typ)}, expected is "Bearer"`;
  if (Object.hasOwn(claims, 'token_use')) return `token_use is another than "access": an ID token`;
  return `has ${claimsOfOthers(token).join(', ')}, and no mark of an access token: an ID or logout token`;
}

function audienceEvidence(token: AccessToken, rules: TokenRules): string {
  const { claims } = token;
  const expected = `expected is ${list(rules.audiences)}`;
  if (!Object.hasOwn(claims, 'aud'))
    return `${rules.audienceClaim}, in place of aud, is another, ${expected}`;
  const found = `aud is ${shown(claims.aud)}, ${expected}`;
  const audiences = [claims.aud].flat();
  if (audiences.every((name) => typeof name === 'string' && name.endsWith('/userinfo'))) {
    return `${found}: it is for the issuer alone, since no audience was asked for`;
  }
  const isClient = CLIENT_CLAIMS.some((name) => audiences.includes(claims[name]));
  return isClient
    ? `${found}: it is the client, as in ID tokens; ask for a token with the audience of this API`
    : found;
}

/** How a token is bound, and what could be verified of that by the settings. */
function bindingEvidence(
  { claims: { cnf } }: AccessToken,
  { confirmationMethods: methods }: TokenRules,
): string {
  const members = Object.keys(Object(cnf)).filter((name) => CONFIRMATION_MEMBERS.has(name));
  const found = members.length > 0 ? `has ${list(members)}` : `is ${kindOf(cnf)}`;
  const expected = methods.length > 0 ? `nothing but ${list(methods)}, each a SHA-256` : 'none';
  return `cnf ${found}, expected is ${expected}: jkt needs DPOP, x5t#S256 needs TRUST_PROXY`;
}

function requiredEvidence({ claims }: AccessToken, { requiredClaims }: TokenRules): string {
  return requiredClaims
    .filter((required) => !hasRequired(claims, required))
    .map(({ name, value }) => {
      const kind = kindOf(claimAt(claims, name));
      return value === undefined ? `it lacks ${name}` : `${name} is ${kind}, expected is ${shown(value)}`;
    })
    .join(', ');
}

/** Why a token grants nothing: what there is of the claims that could. */
export function scopeEvidence(claims: Claims, rules: PrincipalRules): string {
  const names = Object.hasOwn(claims, 'scope') ? ['scope'] : ['scope', 'scp'];
  const prefix = rules.scopePrefix === '' ? '' : `, and no scope begins with ${rules.scopePrefix}`;
  const permissions =
    rules.grantsFrom === 'scope'
      ? ''
      : `, ${rules.permissionsClaim} is ${kindOf(claimAt(claims, rules.permissionsClaim))}`;
  return `nothing; ${kindsOf(claims, names)}${permissions}${prefix}`;
}
