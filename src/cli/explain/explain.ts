import type { ExecutionContext } from '@nestjs/common';
import {
  AccessChecks,
  type AccessToken,
  parseAccessToken,
  type BearerRequest,
  bearerToken,
  type Challenges,
  SenderConstraints,
  type SigningKeys,
  tokenChecks,
  type TrustedIssuer,
  type AccessRules,
  AuthError,
  type AuthOptions,
  InsufficientScope,
  InsufficientUserAuthentication,
  InvalidToken,
  JwtAuthGuard,
  TokenVerifier,
  KeysUnavailable,
  type Principal,
  type Route,
  ScopesGuard,
  TrustedIssuers,
  VerifiedTokens,
} from '../../auth/index.js';
import { ProblemException } from '../../problems/problem.exception.js';
import { describeRule, describeStepUp } from '../access/manifest.js';
import { evidence, shown, timeText } from './evidence.js';

/** One check and how it ended. */
export interface Step {
  readonly passed: boolean;
  readonly text: string;
}

/** Why a token is good or not on a route. */
export interface Explanation {
  readonly steps: readonly Step[];
  readonly accepted: boolean;
  /** The answer of the guards, as `401 invalid_token`; `accepted` when they let the request pass. */
  readonly verdict: string;
}

type Request = BearerRequest & { user?: Principal };

/**
 * Says check by check how a token fares on a route. The verdict is that of the guards themselves, and the checks before
 * it are those that they make. No step holds the token, its signature or claims that are not part of a check.
 *
 * @param token as it stands behind `Bearer `; undefined for a request without token
 * @param query parameters of the request
 */
export async function explain(
  route: Route,
  token: string | undefined,
  query: Record<string, string>,
  { rules, options }: { readonly rules: AccessRules; readonly options: AuthOptions },
): Promise<Explanation> {
  const issuers = new TrustedIssuers(options);
  const { keys } = issuers.all[0];
  try {
    const keyFault = await keys.refresh().then(
      () => undefined,
      (error: Error) => error,
    );
    const request = requestWith(token, query);
    const refusal = await askGuards(route, request, rules, options, issuers);
    const steps = [
      { passed: true, text: `the route is ${route.name}, its rule: ${describeRule(route.rule)}` },
      ...(route.rule.kind === 'public' ? [] : tokenSteps(request, issuers.all[0], refusal, keyFault)),
      ...(request.user ? scopeSteps(route, request.user, refusal) : []),
      ...(request.user ? stepUpSteps(route, request.user, refusal) : []),
    ];
    return { steps, accepted: !refusal, verdict: refusal ? verdictOf(refusal) : 'accepted' };
  } finally {
    issuers.onModuleDestroy();
  }
}

function requestWith(token: string | undefined, query: Record<string, string>): Request {
  if (token === undefined) return { headers: {}, raw: { rawHeaders: [] }, query };
  const authorization = `Bearer ${token}`;
  return { headers: { authorization }, raw: { rawHeaders: ['Authorization', authorization] }, query };
}

async function askGuards(
  route: Route,
  request: Request,
  rules: AccessRules,
  options: AuthOptions,
  issuers: TrustedIssuers,
): Promise<ProblemException | undefined> {
  const context = {
    getClass: () => route.controller,
    getHandler: () => route.handler,
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => undefined }),
  } as unknown as ExecutionContext;
  const verifier = new TokenVerifier(issuers);
  // Nobody waits for an answer here that a challenge could stand on.
  const challenges = {
    around: (_request: unknown, _response: unknown, decide: () => unknown) => decide(),
  } as Challenges;
  const guards = [
    new JwtAuthGuard(
      rules,
      verifier,
      new VerifiedTokens(options, issuers),
      new AccessChecks(),
      new SenderConstraints(options),
      challenges,
    ),
    new ScopesGuard(rules, challenges, options),
  ];
  try {
    for (const guard of guards) {
      if (!(await guard.canActivate(context))) return new ProblemException('forbidden');
    }
    return undefined;
  } catch (error) {
    if (error instanceof ProblemException) return error;
    throw error;
  }
}

/** The steps up to the signature; they end with the first that failed. */
function tokenSteps(
  request: Request,
  { keys, rules: held }: TrustedIssuer,
  refusal: ProblemException | undefined,
  keyFault: Error | undefined,
): Step[] {
  const steps: Step[] = [];
  let token: AccessToken;
  try {
    const text = bearerToken(request);
    steps.push({ passed: true, text: 'the token is sent as RFC 6750 wants it' });
    token = parseAccessToken(text);
    steps.push({ passed: true, text: 'the token is a signed JSON Web Token' });
  } catch (error) {
    return [...steps, { passed: false, text: (error as AuthError).message }];
  }
  for (const { title, reason, passes } of tokenChecks) {
    const passed = passes(token, held, Date.now() / 1000);
    steps.push({ passed, text: `the token ${title}${passed ? '' : `: ${evidence(reason, token, held)}`}` });
    if (!passed) return steps;
  }
  return [...steps, ...signatureSteps(token, keys, refusal, keyFault)];
}

function signatureSteps(
  { header }: AccessToken,
  keys: SigningKeys,
  refusal: ProblemException | undefined,
  keyFault: Error | undefined,
): Step[] {
  if (refusal instanceof KeysUnavailable) {
    const cause = keyFault?.cause instanceof Error ? `: ${keyFault.cause.message}` : '';
    return [{ passed: false, text: `the issuer's keys can be had${cause}` }];
  }
  const known = `the issuer publishes the key ${shown(header.kid)} (it has ${keys.status().count} that can be used)`;
  const reason = refusal instanceof InvalidToken ? refusal.reason : undefined;
  if (reason === 'unknown_key') return [{ passed: false, text: known }];
  return [
    { passed: true, text: known },
    { passed: reason === undefined, text: 'the signature fits' },
  ];
}

function scopeSteps(
  { rule, optionalScopes }: Route,
  { scopes }: Principal,
  refusal: ProblemException | undefined,
): Step[] {
  const granted = `it grants: ${scopes.map(shown).join(' ') || 'nothing'}`;
  const needed =
    rule.kind === 'scopes'
      ? [
          {
            passed: !(refusal instanceof InsufficientScope),
            text: `the token grants ${describeRule(rule)}; ${granted}`,
          },
        ]
      : [];
  const widening = optionalScopes.map((scope) => ({
    passed: true,
    text: `optional: ${scope} is ${scopes.includes(scope) ? '' : 'not '}granted`,
  }));
  return [...needed, ...widening];
}

function stepUpSteps(
  { rule }: Route,
  { authentication, kind }: Principal,
  refusal: ProblemException | undefined,
): Step[] {
  if (rule.kind === 'public' || !rule.stepUp || refusal instanceof InsufficientScope) return [];
  const { acr, time } = authentication ?? {};
  const found =
    kind === 'client' ? 'an application has none' : `acr is ${shown(acr)}, auth_time is ${timeText(time)}`;
  const passed = !(refusal instanceof InsufficientUserAuthentication);
  return [{ passed, text: `the token rests on a ${describeStepUp(rule.stepUp)}; ${found}` }];
}

function verdictOf({ problem }: ProblemException): string {
  return `${problem.status} ${problem.code}`;
}
