import {
  type AccessToken,
  algorithmNamed,
  type AuthOptions,
  type Claims,
  CLIENT_CLAIMS,
  InsufficientScope,
  InvalidToken,
  type IssuerOptions,
  issuersOf,
  isText,
  missingClaims,
  namesOf,
  type RefusalReason,
  type Route,
  wordsOf,
} from '../../auth/index.js';
import { type Call, judge, type Judgement, type Setup } from './judge.js';
import { tokenIn } from './token-parts.js';

/** A change of the settings: lines of `.env`, and the options that they stand for. */
interface Change {
  readonly lines: Readonly<Record<string, string>>;
  readonly options: Partial<IssuerOptions>;
}

/** No token needs more than one change for each setting. */
const MOST_CHANGES = 8;

/**
 * The settings with which a token would be accepted that is genuine and refused, as lines of `.env`. They are found by
 * changing one setting after the other and asking the guards each time, so nothing is said of a token that is forged, too
 * old or not for anybody here. Of the token they hold its `iss`, `aud` and `alg` and names of claims.
 *
 * @param judgement what the guards make of it by the present settings
 */
export async function settingsFor(
  call: Call,
  { rules, options }: Setup,
  judgement: Judgement,
): Promise<string[]> {
  const token = tokenIn(call.token);
  // Of several issuers it cannot be told which one a name is another name of.
  if (!token || (judgement.issuerCount > 1 && reasonOf(judgement) === 'wrong_issuer')) return [];
  const lines: Record<string, string> = {};
  let changed = options;
  let current: Judgement = judgement;
  for (let count = 0; current.refusal; count += 1) {
    const change = count < MOST_CHANGES ? changeFor(current, token, call.route) : undefined;
    if (!change) return [];
    Object.assign(lines, change.lines);
    changed = withChange(changed, current.issuer.options, change.options);
    current = await judge(call, { rules, options: changed });
  }
  const settings = Object.entries(lines).map(([name, value]) => `${name}=${value}`);
  // Only plain characters reach the terminal.
  return settings.every((line) => /^[ -~]*$/.test(line)) ? settings : [];
}

function reasonOf({ refusal }: Judgement): RefusalReason | 'insufficient_scope' | undefined {
  if (refusal instanceof InsufficientScope) return refusal.reason;
  return refusal instanceof InvalidToken ? refusal.reason : undefined;
}

function withChange(
  options: AuthOptions,
  issuer: IssuerOptions,
  change: Partial<IssuerOptions>,
): AuthOptions {
  const changed = { ...issuer, ...change };
  if (!('issuers' in options)) return { ...options, ...changed };
  const [first, ...others] = issuersOf(options).map((one) => (one === issuer ? changed : one));
  return { ...options, issuers: [first!, ...others] };
}

/** The next setting to change, for what a token is refused for; nothing where no setting should help. */
function changeFor(judgement: Judgement, token: AccessToken, route: Route): Change | undefined {
  const { options } = judgement.issuer;
  const { header, claims } = token;
  switch (reasonOf(judgement)) {
    case 'unsupported_algorithm':
    case 'key_of_other_algorithm':
      return algorithms(header.alg, options);
    case 'unsupported_type':
      return options.profile === 'rfc9068' ? plainProfile : undefined;
    case 'missing_claim':
      return options.profile === 'rfc9068'
        ? plainProfile
        : otherClaim(claims, missingClaims(token, judgement.issuer.rules));
    case 'wrong_issuer':
      return names(claims.iss as string, options);
    case 'wrong_audience':
      return audiences(claims, options);
    case 'insufficient_scope':
      return grants(claims, options, route);
    default:
      return undefined;
  }
}

const plainProfile: Change = { lines: { TOKEN_PROFILE: 'jwt' }, options: { profile: 'jwt' } };
const toText = (list: readonly string[]) => list.join(',');

/** The token's algorithm, put first. Nothing when it stands there already: then it was not what the token lacked. */
function algorithms(alg: unknown, { algorithms: present = [] }: IssuerOptions): Change | undefined {
  const wanted = algorithmNamed(alg);
  // First, because a key without `alg` serves the first algorithm that fits it.
  if (!wanted || present[0] === wanted) return undefined;
  const list = present.includes(wanted)
    ? [wanted, ...present.filter((name) => name !== wanted)]
    : [...present, wanted];
  return { lines: { TOKEN_ALGORITHMS: toText(list) }, options: { algorithms: list } };
}

function names(iss: string, { issuer = [] }: IssuerOptions): Change {
  const list = [...[issuer].flat(), iss];
  return { lines: { ISSUER: toText(list) }, options: { issuer: list } };
}

/** What stands for the audience or the subject in a token that lacks it. */
function otherClaim(claims: Claims, missing: readonly string[]): Change | undefined {
  const client = CLIENT_CLAIMS.find((name) => isText(claims[name]));
  if (missing.includes('aud') && client) {
    return { lines: { AUDIENCE_CLAIM: client }, options: { audienceClaim: client } };
  }
  // A user should be told by a claim of their own: all users of an application without one would be the same owner.
  const subject = ['oid', 'upn'].find((name) => isText(claims[name])) ?? client;
  if (!missing.every((name) => name === 'sub') || !subject) return undefined;
  return { lines: { SUBJECT_CLAIM: `sub,${subject}` }, options: { subjectClaim: ['sub', subject] } };
}

/** The audience that a token has, unless that is the client or the issuer: then it is not for any API. */
function audiences(claims: Claims, { audiences: present, audienceClaim }: IssuerOptions): Change | undefined {
  const clients = new Set(CLIENT_CLAIMS.map((name) => claims[name]));
  const list = (found: string) => [...present, found];
  if (!Object.hasOwn(claims, 'aud')) {
    const client = audienceClaim && claims[audienceClaim];
    if (!isText(client)) return undefined;
    // The id of the client is not repeated.
    return {
      lines: { ALLOWED_AUDIENCES: toText([...present, 'CLIENT-ID']) },
      options: { audiences: list(client) },
    };
  }
  const found = [claims.aud]
    .flat()
    .find((name) => isText(name) && !clients.has(name) && !name.endsWith('/userinfo'));
  if (!isText(found)) return undefined;
  return { lines: { ALLOWED_AUDIENCES: toText(list(found)) }, options: { audiences: list(found) } };
}

/** What the route needs, found under a prefix or in another claim. */
function grants(claims: Claims, options: IssuerOptions, { rule }: Route): Change | undefined {
  if (rule.kind !== 'scopes' || options.grantsFrom === 'scope_and_permissions') return undefined;
  const hasAll = (words: readonly string[]) =>
    rule.mode === 'all'
      ? rule.scopes.every((scope) => words.includes(scope))
      : rule.scopes.some((scope) => words.includes(scope));
  const words = wordsOf(Object.hasOwn(claims, 'scope') ? claims.scope : claims.scp);
  const prefix = prefixes(words, rule.scopes).find((start) => hasAll(withoutPrefix(words, start)));
  if (prefix !== undefined && prefix !== options.scopePrefix) {
    return { lines: { SCOPE_PREFIX: prefix }, options: { scopePrefix: prefix } };
  }
  const claim = paths(claims).find((path) => hasAll(path.names));
  if (!claim) return undefined;
  return {
    lines: { GRANTS_FROM: 'scope_or_permissions', PERMISSIONS_CLAIM: claim.name },
    options: { grantsFrom: 'scope_or_permissions', permissionsClaim: claim.name },
  };
}

function prefixes(words: readonly string[], scopes: readonly string[]): string[] {
  return words.flatMap((word) =>
    scopes
      .filter((scope) => word !== scope && word.endsWith(scope))
      .map((scope) => word.slice(0, -scope.length)),
  );
}

const withoutPrefix = (words: readonly string[], prefix: string) =>
  words.filter((word) => word.startsWith(prefix)).map((word) => word.slice(prefix.length));

/** Every claim that could be one of permissions, with its path, at most three members deep. */
function paths(claims: Claims, before = '', depth = 3): { name: string; names: string[] }[] {
  return Object.entries(claims).flatMap(([member, value]) => {
    const name = before + member;
    // Users write `user_metadata` themselves.
    const isOther = before === '' && ['scope', 'scp', 'user_metadata'].includes(member);
    if (isOther || typeof value !== 'object' || value === null) return [];
    const inner = Array.isArray(value) || depth === 1 ? [] : paths(value as Claims, `${name}.`, depth - 1);
    return [{ name, names: namesOf(value) }].concat(inner);
  });
}
