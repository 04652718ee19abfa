import { type INestApplication, type VersioningOptions, VersioningType } from '@nestjs/common';
import {
  AccessRules,
  AUTH_OPTIONS,
  type AuthOptions,
  challengeOf,
  issuersOf,
  RESOURCE_METADATA_PATH,
  type Route,
  SenderConstraints,
} from '../auth/index.js';
import {
  type Attack,
  attacks,
  dpopClient,
  isSenderConstrained,
  type Sent,
} from './describe-access.attacks.js';
import { type RegisteredRoute, registeredRoutes } from './registered-routes.js';
import { giveBack, takeSigningKey } from './signing-key.js';
import { sendRequest, type TestAnswer } from './send-request.js';
import { runningIssuer } from './test-issuer.js';

/** What is used of the test runner. */
interface Runner {
  describe: (this: void, title: string, body: () => void) => void;
  it: (this: void, title: string, body: () => Promise<void>) => void;
}

/** A route that the server has. */
interface Target extends RegisteredRoute {
  /** What a controller declares about it. */
  readonly route?: Route;
}

/**
 * Tests the access of every route of an application, those of modules included that are not written yet: each is called
 * without token, with tokens that are wrong in one way, with tokens that lack a scope, and with good ones, and has to
 * answer what its declaration says. A route that the server has but that no controller declares makes a test fail.
 *
 * `describe` and `it` must be globals, as in Jest. The handlers run, `DELETE` included, with good tokens and parameters
 * that lead nowhere: give the application a database of the test's own.
 *
 * @param getApp the application, initialised, its issuer made by `startTestIssuer`; called when the tests run
 * @example describeAccess(() => app);
 */
export function describeAccess(getApp: () => INestApplication | { readonly app: INestApplication }): void {
  const { describe, it } = globalThis as unknown as Runner;
  const app = () => {
    const given = getApp();
    return 'app' in given ? given.app : given;
  };
  describe('access to every route', () => {
    it('is declared', async () => report(await findUndeclared(app())));
    for (const attack of attacks) {
      it(`is as declared with ${attack.title}`, async () => report(await findViolations(app(), attack)));
    }
  });
}

function report(findings: readonly string[]): void {
  if (findings.length > 0) throw new Error(findings.join('\n'));
}

async function targetsOf(app: INestApplication): Promise<Target[]> {
  const { routes } = app.get(AccessRules, { strict: false });
  return (await registeredRoutes(app.getHttpAdapter())).flatMap((registered): Target[] => {
    const { method, patterns } = registered;
    const declared = routes.filter((route) => answers(route, method) && patterns.includes(route.path));
    return declared.length > 0 ? declared.map((route) => ({ method, patterns, route })) : [registered];
  });
}

/** Fastify answers HEAD wherever it answers GET. */
function answers(route: Route, method: string): boolean {
  return route.method === 'ALL' || route.method === method || (route.method === 'GET' && method === 'HEAD');
}

async function findUndeclared(app: INestApplication): Promise<string[]> {
  const targets = await targetsOf(app);
  const { routes } = app.get(AccessRules, { strict: false });
  const open = targets.filter((target) => !target.route && !isPreflight(target));
  const lost = routes.filter((route) => !targets.some((target) => target.route === route));
  return [
    ...open.map(({ method, patterns }) => {
      return `${method} ${patterns.join(' or ')} is served, but no controller declares its access`;
    }),
    ...lost.map(({ method, path }) => `${method} ${path} is declared, but not served`),
  ];
}

/** What @fastify/cors answers preflight requests with; there is nothing behind it. */
function isPreflight({ method, patterns }: RegisteredRoute): boolean {
  return method === 'OPTIONS' && patterns[0] === '*';
}

async function findViolations(app: INestApplication, attack: Attack): Promise<string[]> {
  const options = app.get<AuthOptions>(AUTH_OPTIONS, { strict: false });
  const { resourceMetadataUrl } = options;
  const issuer = runningIssuer(issuersOf(options)[0].issuerBaseUrl);
  if (!issuer) throw new Error('The issuer of the application is none of startTestIssuer');
  const { routes, versioning } = app.get(AccessRules, { strict: false });
  const constraints = app.get(SenderConstraints, { strict: false });
  const { isProofRequired } = constraints;
  const base = resourceMetadataUrl?.replace(RESOURCE_METADATA_PATH, '') ?? '';
  const foreignKey = await takeSigningKey();
  const violations: string[] = [];
  let count = 0;
  for (const { method, route } of await targetsOf(app)) {
    if (!route) continue;
    // A new caller for every request, at a new address, so that no rate limit stands in the way.
    const subject = `attacker-${attacks.indexOf(attack)}-${++count}`;
    const sent = {
      method: method === 'ALL' ? 'POST' : method,
      url: route.path.replaceAll(/:\w+|\*/g, '00000000-0000-4000-8000-000000000000'),
    };
    const isProofNeeded = isProofRequired || isSenderConstrained(route);
    for (const token of attack.tokens(route, { issuer, foreignKey, routes, subject, isProofRequired })) {
      const headers = {
        ...versionHeaders(route, versioning),
        ...headersFor(token, attack, { ...sent, url: base + sent.url }, isProofNeeded),
      };
      const answer = await sendRequest(app, {
        ...sent,
        headers,
        remoteAddress: `2001:db8:${attacks.indexOf(attack)}::${(++count).toString(16)}`,
      });
      const fault = faultOf(answer, route, attack, {
        metadataUrl: resourceMetadataUrl,
        constraints,
        isProven: isProofNeeded || headers.authorization?.startsWith('DPoP ') === true,
      });
      if (fault) violations.push(`${method} ${route.path} (${route.name}) ${fault}`);
    }
  }
  giveBack(foreignKey);
  return violations;
}

/** What selects a route where versions are told apart by a header or by the media type; nothing elsewhere. */
function versionHeaders(
  { version }: Route,
  versioning?: VersioningOptions,
): Readonly<Record<string, string>> {
  const [name] = [version].flat();
  if (typeof name !== 'string') return {};
  if (versioning?.type === VersioningType.HEADER) return { [versioning.header.toLowerCase()]: name };
  if (versioning?.type !== VersioningType.MEDIA_TYPE) return {};
  return { accept: `application/json;${versioning.key}${name}` };
}

/** A token as the attack sends it or else as the route takes it: with a proof where it has to be bound to a key. */
function headersFor(
  token: string | undefined,
  attack: Attack,
  sent: Sent,
  isProofNeeded: boolean,
): Readonly<Record<string, string>> {
  if (token === undefined) return {};
  if (attack.headers) return attack.headers(token, sent);
  return isProofNeeded ? dpopClient.headers({ ...sent, token }) : { authorization: `Bearer ${token}` };
}

/** What is wrong with an answer; nothing when it is as declared. */
function faultOf(
  answer: TestAnswer,
  route: Route,
  attack: Attack,
  {
    metadataUrl,
    constraints: { isOn, algorithms },
    isProven,
  }: { readonly metadataUrl?: string; readonly constraints: SenderConstraints; readonly isProven: boolean },
) {
  const { statusCode, headers } = answer;
  const given = [headers['www-authenticate'] ?? 'without challenge'].join(', ');
  const got = `answered ${statusCode} ${given}`;
  const isRefused = statusCode === 401 || statusCode === 403;
  if (route.rule.kind === 'public') return isRefused ? `is public, but ${got}` : undefined;
  const refusal = (isOn ? undefined : attack.refusalWithoutDpop) ?? attack.refusal?.(route);
  if (!refusal) return isRefused || statusCode >= 500 ? got : undefined;
  const status = refusal.getStatus();
  const challenge = challengeOf(refusal, {
    resourceMetadataUrl: metadataUrl,
    rule: route.rule,
    ...(isOn && isProven && { scheme: 'DPoP', proofAlgorithms: algorithms }),
  });
  if (statusCode === status && given === challenge) return undefined;
  return `${got} instead of ${status} ${challenge}`;
}
