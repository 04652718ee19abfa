import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  acrValuesOf,
  type AuthError,
  InsufficientScope,
  InsufficientUserAuthentication,
  InvalidDpopProof,
  InvalidToken,
  MissingToken,
  type Route,
  type StepUpOptions,
} from '../auth/index.js';
import { DpopClient } from './dpop-client.js';
import type { SigningKey } from './signing-key.js';
import type { TestIssuer } from './test-issuer.js';

/** What the attacks on one route are made of. */
export interface Arsenal {
  readonly issuer: TestIssuer;
  /** A key that the issuer does not publish. */
  readonly foreignKey: SigningKey;
  /** Every route of the application. */
  readonly routes: readonly Route[];
  /** The `sub` of the tokens. */
  readonly subject: string;
  /** Whether every token must be bound to a key. Default: no. */
  readonly isProofRequired?: boolean;
}

/** A request, as far as a proof is about it. */
export interface Sent {
  readonly method: string;
  /** Of the whole, without query. */
  readonly url: string;
}

/** One way of calling a route. */
export interface Attack {
  readonly title: string;
  /** The tokens to try on a route; none when the attack has no meaning there. */
  readonly tokens: (route: Route, arsenal: Arsenal) => readonly (string | undefined)[];
  /** What a route that is not public has to answer; without it the token is good. */
  readonly refusal?: (route: Route) => AuthError;
  /** What an application has to answer that takes no bound tokens. Default: the same. */
  readonly refusalWithoutDpop?: AuthError;
  /** How the token is sent. Default: as the route takes it. */
  readonly headers?: (token: string, sent: Sent) => Readonly<Record<string, string>>;
}

/** The sets of scopes each of which is enough for a route. */
function sufficient({ rule }: Route): readonly (readonly string[])[] {
  if (rule.kind !== 'scopes') return [[]];
  return rule.mode === 'all' ? [rule.scopes] : rule.scopes.map((scope) => [scope]);
}

/** The sets of scopes of which a caller must hold at least one each. */
function indispensable({ rule }: Route): readonly (readonly string[])[] {
  if (rule.kind !== 'scopes') return [];
  return rule.mode === 'all' ? rule.scopes.map((scope) => [scope]) : [rule.scopes];
}

/** Claims that are good under every setting of the resource server: with `permissions` beside `scope`, and of RFC 9068. */
function claimsWith(
  scopes: readonly string[],
  route: Route,
  { issuer, subject, isProofRequired = false }: Arsenal,
) {
  return issuer.claims({
    sub: subject,
    client_id: 'attacker',
    scopes,
    permissions: scopes,
    acr: acrValuesOf(stepUpOf(route) ?? {})[0],
    cnf: isProofRequired || isSenderConstrained(route) ? dpopClient.confirmation : undefined,
  });
}

function tokenWith(scopes: readonly string[], route: Route, arsenal: Arsenal): string {
  return arsenal.issuer.sign({ typ: 'at+jwt' }, claimsWith(scopes, route, arsenal));
}

/** An attack with a token that is good but for a part of its claims or header, or for its signature. */
function forgery(
  title: string,
  reason: ConstructorParameters<typeof InvalidToken>[0],
  forge: (arsenal: Arsenal) => { claims?: object; header?: object; key?: KeyObject; appendix?: string },
): Attack {
  return {
    title,
    refusal: () => new InvalidToken(reason),
    tokens: (route, arsenal) => {
      const { claims, header, key, appendix = '' } = forge(arsenal);
      const good = claimsWith([...(sufficient(route)[0] ?? []), ...route.optionalScopes], route, arsenal);
      return [arsenal.issuer.sign({ typ: 'at+jwt', ...header }, { ...good, ...claims }, key) + appendix];
    },
  };
}

/** The holder of the key that tokens for such routes are bound to. */
export const dpopClient = new DpopClient();

/** Whether a route takes only tokens that are bound to a key. */
export function isSenderConstrained({ rule }: Route): boolean {
  return rule.kind !== 'public' && rule.senderConstrained === true;
}

function stepUpOf({ rule }: Route): StepUpOptions | undefined {
  return rule.kind === 'public' ? undefined : rule.stepUp;
}

/** An attack with a token that is good but for its user's login, on the routes that ask for one of a certain kind. */
function login(
  title: string,
  asked: keyof StepUpOptions,
  reason: ConstructorParameters<typeof InsufficientUserAuthentication>[0],
  forge: (stepUp: StepUpOptions) => object,
): Attack {
  return {
    title,
    refusal: (route) => {
      const stepUp = stepUpOf(route) ?? {};
      return new InsufficientUserAuthentication(reason, acrValuesOf(stepUp), stepUp.maxAge);
    },
    tokens: (route, arsenal) => {
      const stepUp = stepUpOf(route);
      if (stepUp?.[asked] === undefined) return [];
      const claims = claimsWith(sufficient(route)[0] ?? [], route, arsenal);
      return [arsenal.issuer.sign({ typ: 'at+jwt' }, { ...claims, ...forge(stepUp) })];
    },
  };
}

/** An attack by somebody who has got hold of a token that is bound to a key, and not of the key. */
function theft(
  title: string,
  refusal: AuthError,
  refusalWithoutDpop: AuthError,
  headers: NonNullable<Attack['headers']>,
): Attack {
  return {
    title: `a stolen bound token ${title}`,
    refusal: () => refusal,
    refusalWithoutDpop,
    headers,
    tokens: (route, arsenal) => {
      const scopes = [...(sufficient(route)[0] ?? []), ...route.optionalScopes];
      return [tokenWith(scopes, route, { ...arsenal, isProofRequired: true })];
    },
  };
}

const thief = new DpopClient();
const HOUR = 3600;
const now = () => Math.floor(Date.now() / 1000);

/** Every attack, and the good token that shows that the others were refused for their faults. */
export const attacks: readonly Attack[] = [
  { title: 'no token', refusal: () => new MissingToken(), tokens: () => [undefined] },
  forgery('an expired token', 'token_expired', () => ({
    claims: { iat: now() - 2 * HOUR, exp: now() - HOUR },
  })),
  forgery('a token of another issuer', 'wrong_issuer', () => ({
    claims: { iss: 'https://other.example.com/' },
  })),
  forgery('a token for another audience', 'wrong_audience', () => ({
    claims: { aud: 'https://other.example.com' },
  })),
  forgery('a token signed with a foreign key', 'unknown_key', ({ foreignKey: { kid, privateKey } }) => ({
    header: { kid },
    key: privateKey,
  })),
  forgery("a token signed with a foreign key under our key's name", 'bad_signature', ({ foreignKey }) => ({
    key: foreignKey.privateKey,
  })),
  forgery('a token signed by HS256 with the public key', 'unsupported_algorithm', ({ issuer }) => ({
    header: { alg: 'HS256' },
    key: createSecretKey(
      issuer.signingKey.publicKey.export({ type: 'spki', format: 'pem' }) as string,
      'utf8',
    ),
  })),
  forgery('a token of algorithm none', 'unsupported_algorithm', () => ({
    header: { alg: 'none' },
    appendix: 'AAAA',
  })),
  forgery('a token of algorithm none without signature', 'malformed_token', () => ({
    header: { alg: 'none' },
  })),
  {
    title: 'every permission but one that it needs',
    refusal: insufficientScope,
    tokens: (route, arsenal) => {
      const all = [...new Set(arsenal.routes.flatMap(scopesOf))];
      return indispensable(route).map((missing) =>
        tokenWith(
          all.filter((scope) => !missing.includes(scope)),
          route,
          arsenal,
        ),
      );
    },
  },
  {
    title: "another method's permissions only",
    refusal: insufficientScope,
    tokens: (route, arsenal) => {
      const others = new Set(arsenal.routes.map((other) => scopesOf(other).join(' ')));
      return [...others]
        .map((scopes) => scopes.split(' '))
        .filter((scopes) => indispensable(route).some((needed) => !needed.some((s) => scopes.includes(s))))
        .map((scopes) => tokenWith(scopes, route, arsenal));
    },
  },
  login('an old login', 'maxAge', 'old_authentication', ({ maxAge = 0 }) => ({
    auth_time: now() - maxAge - 60,
  })),
  login('a login at an unknown time', 'maxAge', 'old_authentication', () => ({ auth_time: undefined })),
  login('a login in another way', 'acr', 'other_authentication', () => ({ acr: 'none' })),
  theft(
    'as a bearer token',
    new InvalidToken('sender_constrained_token'),
    new InvalidToken('unverifiable_binding'),
    (token) => ({ authorization: `Bearer ${token}` }),
  ),
  theft(
    'with a proof of another key',
    new InvalidToken('wrong_proof_key'),
    new MissingToken(),
    (token, sent) => thief.headers({ ...sent, token }),
  ),
  theft(
    'with a proof for another URL',
    new InvalidDpopProof('wrong_proof_uri'),
    new MissingToken(),
    (token, { method, url }) => dpopClient.headers({ method, url: `${url}/elsewhere`, token }),
  ),
  {
    title: 'a good token',
    tokens: (route, arsenal) =>
      sufficient(route).map((scopes) => tokenWith([...scopes, ...route.optionalScopes], route, arsenal)),
  },
];

function scopesOf({ rule, optionalScopes }: Route): readonly string[] {
  return rule.kind === 'scopes' ? [...rule.scopes, ...optionalScopes] : optionalScopes;
}

function insufficientScope({ rule }: Route): AuthError {
  return new InsufficientScope(rule.kind === 'scopes' ? rule.scopes : []);
}
