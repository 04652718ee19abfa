import type { ExecutionContext } from '@nestjs/common';
import {
  AccessChecks,
  type AccessRules,
  type AuthOptions,
  type BearerRequest,
  type Challenges,
  JwtAuthGuard,
  type Principal,
  type Route,
  ScopesGuard,
  SenderConstraints,
  TokenVerifier,
  type TrustedIssuer,
  TrustedIssuers,
  VerifiedTokens,
} from '../../auth/index.js';
import { ProblemException } from '../../problems/problem.exception.js';
import { claimsIn } from './token-parts.js';

/** A request with a token, on one of the routes. */
export interface Call {
  readonly route: Route;
  /** As it stands behind `Bearer `; undefined for a request without token. */
  readonly token: string | undefined;
  readonly query: Readonly<Record<string, string>>;
}

/** What the API is built of, as far as access goes. */
export interface Setup {
  readonly rules: AccessRules;
  readonly options: AuthOptions;
}

type Request = BearerRequest & { user?: Principal };

/** What the guards make of a call. */
export interface Judgement {
  readonly request: Request;
  /** The issuer that the token is held against: the one that its `iss` names, else the first. */
  readonly issuer: TrustedIssuer;
  /** How many of them there are. */
  readonly issuerCount: number;
  readonly refusal?: ProblemException;
  /** Why the keys of that issuer cannot be had. */
  readonly keyFault?: Error;
}

/** Asks the guards themselves, with keys that are fetched for it. */
export async function judge({ route, token, query }: Call, { rules, options }: Setup): Promise<Judgement> {
  const issuers = new TrustedIssuers(options);
  try {
    const issuer = issuers.named(claimsIn(token)?.iss) ?? issuers.all[0];
    const keyFault = await issuer.keys.refresh().then(
      () => undefined,
      (error: Error) => error,
    );
    const request = requestWith(token, query);
    const refusal = await askGuards(route, request, rules, options, issuers);
    return { request, issuer, issuerCount: issuers.all.length, refusal, keyFault };
  } finally {
    issuers.onModuleDestroy();
  }
}

function requestWith(token: string | undefined, query: Call['query']): Request {
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
