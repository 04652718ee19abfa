import {
  type AccessToken,
  assertBearerToken,
  type AuthError,
  credentialsOf,
  DelegatedToken,
  InsufficientScope,
  InsufficientUserAuthentication,
  InvalidToken,
  KeysUnavailable,
  parseAccessToken,
  type Principal,
  type Route,
  type SigningKeys,
  type StepUpOptions,
  tokenChecks,
} from '../../auth/index.js';
import { MAX_HEADERS } from '../../http/server.options.js';
import { ProblemException } from '../../problems/problem.exception.js';
import { describeRule, describeStepUp } from '../access/manifest.js';
import { evidence, scopeEvidence, shown, timeText } from './evidence.js';
import { type Call, judge, type Judgement, type Setup } from './judge.js';
import { senderSteps, type Step } from './sender.js';
import { settingsFor } from './settings.js';
import { partsEvidence } from './token-parts.js';

/** Why a token is good or not on a route. */
export interface Explanation {
  readonly steps: readonly Step[];
  readonly accepted: boolean;
  /** The answer of the guards, as `401 invalid_token`; `accepted` when they let the request pass. */
  readonly verdict: string;
  /** Lines for `.env` with which a genuine token that is refused would be accepted, if there are any. */
  readonly settings?: readonly string[];
}

/**
 * Says check by check how a token fares on a route. The verdict is that of the guards themselves, and the checks before
 * it are those that they make. No step holds the token, its signature or claims that are not part of a check.
 */
export async function explain(call: Call, setup: Setup): Promise<Explanation> {
  const { route, token } = call;
  const first = { passed: true, text: `the route is ${route.name}, its rule: ${describeRule(route.rule)}` };
  if (token !== undefined && token.length > MAX_HEADERS) {
    const text = `the token fits into the ${MAX_HEADERS} bytes of all headers: it has ${token.length}`;
    return { steps: [first, { passed: false, text }], ...outcome(new ProblemException('headers_too_large')) };
  }
  const judgement = await judge(call, setup);
  const { request, refusal } = judgement;
  const steps = [
    first,
    ...(route.rule.kind === 'public' ? [] : credentialSteps(judgement)),
    ...(request.user ? scopeSteps(route, request.user, judgement) : []),
    ...(request.user ? ruleSteps(route, request.user, refusal) : []),
  ];
  const settings = refusal ? await settingsFor(call, setup, judgement) : [];
  return { steps, ...outcome(refusal), ...(settings.length > 0 && { settings }) };
}

/** What to say of input that is no token, or more than one, such as the whole answer of a token endpoint. */
const NOT_A_TOKEN_ALONE =
  'what was given is no token alone, which has neither spaces nor quotes; of the answer of a token endpoint it is the ' +
  'value of access_token';

function outcome(refusal: ProblemException | undefined): Pick<Explanation, 'accepted' | 'verdict'> {
  if (!refusal) return { accepted: true, verdict: 'accepted' };
  const { status, code } = refusal.problem;
  return { accepted: false, verdict: `${status} ${code}` };
}

/** The steps about token and proof; they end with the first that failed. */
function credentialSteps(judgement: Judgement): Step[] {
  const { request, constraints } = judgement;
  const isProven = request.tokenScheme === 'DPoP';
  if (isProven && !constraints.isOn) {
    return [{ passed: false, text: 'tokens are taken with a proof: DPOP is off' }];
  }
  let text: string | undefined;
  try {
    text = credentialsOf(request);
    assertBearerToken(text);
  } catch (error) {
    const found = text === undefined ? '' : `: ${NOT_A_TOKEN_ALONE}`;
    return [{ passed: false, text: (error as AuthError).message + found }];
  }
  const sent = { passed: true, text: `the token is sent as RFC ${isProven ? 9449 : 6750} wants it` };
  const steps = [sent, ...tokenSteps(text, judgement)];
  return steps.every(({ passed }) => passed) ? [...steps, ...senderSteps(text, judgement)] : steps;
}

/** The steps up to the signature. */
function tokenSteps(
  text: string,
  { issuer: { keys, rules: held }, issuerNames, refusal, keyFault }: Judgement,
): Step[] {
  const steps: Step[] = [];
  let token: AccessToken;
  try {
    token = parseAccessToken(text);
    steps.push({ passed: true, text: 'the token is a signed JSON Web Token' });
  } catch {
    const found = `the token is a signed JSON Web Token: ${partsEvidence(text)}`;
    return [...steps, { passed: false, text: found }];
  }
  for (const { title, reason, passes } of tokenChecks) {
    const passed = passes(token, held, Date.now() / 1000);
    // A token of an unknown issuer is held against the rules of the first; the name of any would have been right.
    const found = passed ? '' : `: ${evidence(reason, token, { ...held, issuers: issuerNames })}`;
    steps.push({ passed, text: `the token ${title}${found}` });
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
  if (reason === 'key_of_other_algorithm') {
    const text = `its key serves the algorithm of the token: alg is ${shown(header.alg)}, and the issuer has no such key of that name`;
    return [{ passed: false, text }];
  }
  return [
    { passed: true, text: known },
    { passed: reason !== 'bad_signature', text: 'the signature fits' },
  ];
}

function scopeSteps(
  { rule, optionalScopes }: Route,
  { scopes, claims }: Principal,
  { refusal, issuer }: Judgement,
): Step[] {
  const granted = `it grants: ${scopes.map(shown).join(' ') || scopeEvidence(claims, issuer.principalRules)}`;
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

/** What the route asks beside scopes, in the order in which it is asked. */
function ruleSteps({ rule }: Route, user: Principal, refusal: ProblemException | undefined): Step[] {
  if (rule.kind === 'public' || refusal instanceof InsufficientScope) return [];
  const steps: Step[] = [];
  const isUnbound = refusal instanceof InvalidToken && refusal.reason === 'binding_required';
  if (rule.senderConstrained) {
    const found = isUnbound ? ': cnf is absent' : '';
    steps.push({ passed: !isUnbound, text: `the token is bound to its sender${found}` });
  }
  if (isUnbound) return steps;
  const isDelegated = refusal instanceof DelegatedToken;
  if (rule.direct) {
    const found = isDelegated ? ': it has act' : '';
    steps.push({ passed: !isDelegated, text: `nobody acts for the subject of the token${found}` });
  }
  return isDelegated || !rule.stepUp ? steps : [...steps, stepUpStep(rule.stepUp, user, refusal)];
}

function stepUpStep(
  stepUp: StepUpOptions,
  { authentication, kind }: Principal,
  refusal: ProblemException | undefined,
): Step {
  const { acr, time } = authentication ?? {};
  const found =
    kind === 'client' ? 'an application has none' : `acr is ${shown(acr)}, auth_time is ${timeText(time)}`;
  const passed = !(refusal instanceof InsufficientUserAuthentication);
  return { passed, text: `the token rests on a ${describeStepUp(stepUp)}; ${found}` };
}
