import {
  type AccessToken,
  algorithmNames,
  AuthError,
  parseProof,
  type ProblemException,
  proofChecks,
  type ProofRefusalReason,
  type ProofRules,
  REQUIRED_PROOF_CLAIMS,
  SECRET_MEMBERS,
  UNSUPPORTED_HEADERS,
} from '../../auth/index.js';
import { kindsOf, list, shown, timeText } from './evidence.js';
import type { Judgement } from './judge.js';
import { claimsIn } from './token-parts.js';

/** One check and how it ended. */
export interface Step {
  readonly passed: boolean;
  readonly text: string;
}

/** The last checks of a proof, behind those on its face, in their order. */
const LAST: readonly (readonly [reason: string, text: string, hint: string])[] = [
  [
    'wrong_proof_key',
    'the token is bound to the key of the proof',
    'its jkt is the thumbprint of another key',
  ],
  [
    'unusable_proof_key',
    'the key of the proof can be used',
    'it is no point of its curve, or RSA of a length that is not taken',
  ],
  ['bad_proof_signature', 'the signature of the proof fits its key', 'it does not'],
  [
    'use_dpop_nonce',
    'the proof has the nonce that the settings demand',
    'it has none, or another; this command knows those of the API by DPOP_NONCE_SECRET only',
  ],
  ['replayed_proof', 'the proof was not used before, as far as this command can know', 'it was'],
];

/** Whether a good token is its sender's (RFC 9449, 4.3 and 7; RFC 8705, 3): the steps end with the first that failed. */
export function senderSteps(token: string, judgement: Judgement): Step[] {
  const { request, constraints, refusal } = judgement;
  const reason = reasonOf(refusal);
  const cnf = claimsIn(token)?.cnf as { jkt?: string; 'x5t#S256'?: string } | undefined;
  const steps: Step[] = [];
  if (cnf?.['x5t#S256'] !== undefined) {
    const text = 'the certificate of the client is the one that the token is bound to';
    const passed = reason !== 'missing_certificate' && reason !== 'wrong_certificate';
    if (!passed) return [{ passed, text: `${text}: no certificate comes with this command` }];
    steps.push({ passed, text });
  }
  if (request.tokenScheme !== 'DPoP')
    return [...steps, ...bearerSteps(reason, request.headers.dpop !== undefined)];
  const isBound = cnf?.jkt !== undefined;
  const bound = { passed: isBound, text: `the token is bound to a key${isBound ? '' : ': cnf has no jkt'}` };
  return [...steps, bound, ...(isBound && constraints.proofs ? proofSteps(token, judgement) : [])];
}

function bearerSteps(reason: string | undefined, hasProof: boolean): Step[] {
  if (reason === 'sender_constrained_token') {
    return [
      {
        passed: false,
        text: 'the token is not bound to a key, as one without proof is: cnf has jkt; give the lines "Authorization: DPoP ..." and "DPoP: ..."',
      },
    ];
  }
  if (reason === 'unbound_token') {
    return [{ passed: false, text: 'the token is bound to a key: cnf is absent, by DPOP=required' }];
  }
  return hasProof
    ? [{ passed: reason !== 'invalid_request', text: 'no proof comes beside a bearer token' }]
    : [];
}

function proofSteps(token: string, { request, constraints, refusal }: Judgement): Step[] {
  const reason = reasonOf(refusal);
  const steps: Step[] = [];
  const count = request.raw.rawHeaders.filter((name) => name === 'DPoP').length;
  const one = 'one DPoP header comes with the token';
  if (count !== 1)
    return [{ passed: false, text: `${one}: there ${count === 0 ? 'is none' : `are ${count}`}` }];
  steps.push({ passed: true, text: one });
  let proof: AccessToken;
  const form = 'the proof is a signed JSON Web Token';
  try {
    proof = parseProof(request);
    steps.push({ passed: true, text: form });
  } catch {
    return [
      ...steps,
      { passed: false, text: `${form}: it has not 3 parts in base64url of JSON, or is too long` },
    ];
  }
  const rules = constraints.proofs!.rulesFor(request, token);
  for (const { title, reason: ownReason, passes } of proofChecks) {
    const passed = passes(proof, rules, Date.now() / 1000);
    const found = passed ? '' : `: ${proofEvidence(ownReason, proof, rules)}`;
    steps.push({ passed, text: `the proof ${title}${found}` });
    if (!passed) return steps;
  }
  for (const [ownReason, text, hint] of LAST) {
    const passed = reason !== ownReason;
    steps.push({ passed, text: passed ? text : `${text}: ${hint}` });
    if (!passed) return steps;
  }
  return steps;
}

function reasonOf(refusal: ProblemException | undefined): string | undefined {
  return refusal instanceof AuthError ? refusal.reason : undefined;
}

/** What a failed check of a proof found, and what it looked for; nothing of the proof but what the check is about. */
function proofEvidence(
  reason: ProofRefusalReason,
  { header, claims }: AccessToken,
  rules: ProofRules,
): string {
  const { typ, alg, jwk } = header;
  const key = Object(jwk) as Record<string, unknown>;
  switch (reason) {
    case 'wrong_proof_type':
      return `typ is ${shown(typ)}, expected is "dpop+jwt"`;
    case 'unsupported_proof_algorithm':
      return `alg is ${shown(alg)}, allowed is ${list(algorithmNames(rules.algorithms))}: DPOP_ALGORITHMS`;
    case 'unsupported_proof_header':
      return `it has ${UNSUPPORTED_HEADERS.filter((name) => Object.hasOwn(header, name)).join(', ')}`;
    case 'private_proof_key': {
      const secret = SECRET_MEMBERS.filter((name) => Object.hasOwn(key, name));
      return `jwk has ${secret.length > 0 ? secret.join(', ') : 'kty "oct"'}: make a new key, this one is no secret any more`;
    }
    case 'unusable_proof_key':
      return `${kindsOf(header, ['jwk'])}, its kty is ${shown(key.kty)}, crv is ${shown(key.crv)}, alg of the proof is ${shown(alg)}`;
    case 'missing_proof_claim':
      return `it lacks ${REQUIRED_PROOF_CLAIMS.filter((name) => !Object.hasOwn(claims, name)).join(', ')}`;
    case 'invalid_proof_claim': {
      const names = [...REQUIRED_PROOF_CLAIMS, 'exp', 'nbf', 'nonce'].filter((name) =>
        Object.hasOwn(claims, name),
      );
      return `${kindsOf(claims, names)}, expected is a number for iat, exp, nbf, and text for the others`;
    }
    case 'wrong_proof_method':
      return `htm is ${shown(claims.htm)}, expected is ${shown(rules.method)}`;
    case 'wrong_proof_uri':
      return `htu is ${shown(withoutQuery(claims.htu as string))}, expected is ${shown(rules.uri)}, by RESOURCE`;
    case 'wrong_proof_token':
      return 'ath is another text than the SHA-256 of this token in base64url';
    case 'proof_too_old':
      return `iat is ${timeText(claims.iat)}, exp is ${timeText(claims.exp)}, allowed is ${rules.maxAgeSeconds} s: DPOP_MAX_AGE`;
    case 'proof_from_future':
      return `iat is ${timeText(claims.iat)}, nbf is ${timeText(claims.nbf)}; is the clock of this machine right?`;
    default:
      return 'no';
  }
}

/** What stands behind is not compared, and can be anything. */
const withoutQuery = (uri: string) => uri.replace(/[?#].*$/s, '');
