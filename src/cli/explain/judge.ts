import type { ExecutionContext } from '@nestjs/common';
import {
  AccessChecks,
  type AccessRules,
  type AuthenticatedRequest,
  type AuthOptions,
  type Challenges,
  JwtAuthGuard,
  type Route,
  ScopesGuard,
  SenderConstraints,
  TokenVerifier,
  type TrustedIssuer,
  TrustedIssuers,
  VerifiedTokens,
} from '../../auth/index.js';
import { ProblemException } from '../../problems/problem.exception.js';
import type { Credentials } from './read-credentials.js';
import { claimsIn } from './token-parts.js';

/** A request on one of the routes. */
export interface Call extends Partial<Credentials> {
  readonly route: Route;
  readonly query?: Readonly<Record<string, string>>;
  /** Default: that of the route. */
  readonly method?: string;
  /** Path without query. Default: that of the route. */
  readonly path?: string;
}

/** What the API is built of, as far as access goes. */
export interface Setup {
  readonly rules: AccessRules;
  readonly options: AuthOptions;
}

type Request = AuthenticatedRequest & { readonly raw: { readonly rawHeaders: readonly string[] } };

/** What the guards make of a call. */
export interface Judgement {
  readonly request: Request;
  /** The issuer that the token is held against: the one that its `iss` names, else the first. */
  readonly issuer: TrustedIssuer;
  /** How many issuers are known. */
  readonly issuerCount: number;
  /** What all of them are called; one may have several names. */
  readonly issuerNames: readonly string[];
  /** What judges whether the token is its sender's. */
  readonly constraints: SenderConstraints;
  readonly refusal?: ProblemException;
  /** Why the keys of that issuer cannot be had. */
  readonly keyFault?: Error;
}

/** Asks the guards themselves, with keys that are fetched for it. */
export async function judge(call: Call, { rules, options }: Setup): Promise<Judgement> {
  const issuers = new TrustedIssuers(options);
  try {
    const issuer = issuers.named(claimsIn(call.token)?.iss) ?? issuers.all[0];
    const keyFault = await issuer.keys.refresh().then(
      () => undefined,
      (error: Error) => error,
    );
    const request = requestOf(call);
    const constraints = new SenderConstraints(options);
    const refusal = await askGuards(call.route, request, { rules, options }, issuers, constraints);
    const issuerNames = issuers.all.flatMap(({ rules: { issuers: names } }) => names);
    const issuerCount = issuers.all.length;
    return { request, issuer, issuerCount, issuerNames, constraints, refusal, keyFault };
  } finally {
    issuers.onModuleDestroy();
  }
}

function requestOf({
  route,
  token,
  scheme = 'Bearer',
  proofs = [],
  query = {},
  method,
  path,
}: Call): Request {
  const authorization = token === undefined ? undefined : `${scheme} ${token}`;
  const rawHeaders = [
    ...(authorization === undefined ? [] : ['Authorization', authorization]),
    ...proofs.flatMap((proof) => ['DPoP', proof]),
  ];
  return {
    method: method ?? route.method,
    url: path ?? route.path,
    headers: { authorization, dpop: proofs[0] },
    // Nobody has connected, so no proxy hands a certificate on.
    raw: { rawHeaders, socket: {} } as Request['raw'],
    query,
  };
}

async function askGuards(
  route: Route,
  request: Request,
  { rules, options }: Setup,
  issuers: TrustedIssuers,
  constraints: SenderConstraints,
): Promise<ProblemException | undefined> {
  const context = {
    getType: () => 'http',
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
      constraints,
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
