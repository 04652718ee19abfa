import { hash } from 'node:crypto';
import { InvalidToken } from '../auth.errors.js';
import { parseAccessToken, type SignedAccessToken } from '../token/access-token.js';
import { countHeaders, type RawRequest } from '../../net/raw-headers.js';
import { algorithmNamed, type SigningAlgorithm, verifySignature } from '../keys/algorithms.js';
import { DEFAULT_PROOF_ALGORITHMS, type DpopOptions } from './dpop.options.js';
import { assertFits, expiryOf, type ProofRules } from './proof-checks.js';
import { InvalidDpopProof, UseDpopNonce } from './proof.errors.js';
import { ProofKeys, toProofKey } from './proof-keys.js';
import { ProofNonces } from './proof-nonces.js';
import { MemoryProofReplays, type ProofReplays } from './proof-replays.js';
import { requestUri } from './request-uri.js';

/** The parts of a request that a proof is about. */
export type ProvenRequest = RawRequest & {
  readonly method: string;
  /** The request target, as it was sent; `url` has it as long as nobody has written another one there. */
  readonly originalUrl?: string;
  readonly url: string;
  readonly headers: { readonly dpop?: string | string[] };
};

/** What the proof of a request has shown. */
export interface ProofOutcome {
  /** The nonce that the client should use from now on, when its own will soon be too old. */
  readonly nextNonce?: string;
}

/** Longest proof that is looked at, in characters. */
const MAX_PROOF_LENGTH = 8192;

/**
 * Judges DPoP proofs (RFC 9449, 4.3): that whoever sends a request with an access token holds the key that the token is
 * bound to. One proof is good for one request.
 */
export class DpopProofs {
  readonly algorithms: readonly SigningAlgorithm[];
  private readonly maxAgeSeconds: number;
  private readonly keys = new ProofKeys();
  private readonly nonces?: ProofNonces;
  private readonly replays: ProofReplays;
  private readonly base: string;

  /** @param resource the address of this API */
  constructor(
    options: DpopOptions,
    resource: string,
    private readonly clockToleranceSeconds: number,
  ) {
    this.algorithms = options.algorithms ?? DEFAULT_PROOF_ALGORITHMS;
    this.maxAgeSeconds = options.maxAgeSeconds ?? 60;
    this.base = resource.replace(/\/$/, '');
    if (options.nonce === 'required') this.nonces = new ProofNonces(options.nonceSecret);
    this.replays = options.replays ?? new MemoryProofReplays(this.maxAgeSeconds + 2 * clockToleranceSeconds);
  }

  /**
   * Judges the proof of a request.
   *
   * @param thumbprint of the key that the access token is bound to
   * @throws InvalidDpopProof, UseDpopNonce, InvalidToken when the proof is of another key
   * @throws ServiceUnavailable when it cannot be told whether the proof was used before
   */
  verify(request: ProvenRequest, token: string, thumbprint: string): ProofOutcome | Promise<ProofOutcome> {
    const proof = parseProof(request);
    const nowSeconds = Date.now() / 1000;
    const rules = this.rulesFor(request, token);
    assertFits(proof, rules, nowSeconds);
    const key = toProofKey(proof.header.jwk as Record<string, unknown>);
    // Before the key is imported: only keys that an issuer has bound a token to are worth our time.
    if (key.thumbprint !== thumbprint) throw new InvalidToken('wrong_proof_key');
    const imported = this.keys.find(key);
    if (!imported) throw new InvalidDpopProof('unusable_proof_key');
    const algorithm = algorithmNamed(proof.header.alg) as SigningAlgorithm;
    if (!verifySignature(algorithm, imported, proof.signingInput, proof.signature)) {
      throw new InvalidDpopProof('bad_proof_signature');
    }
    const outcome = this.judgeNonce(proof.claims.nonce);
    // Last: what is refused for another reason was not used.
    const id = hash('sha256', `${thumbprint} ${String(proof.claims.jti)}`, 'base64url');
    const isFirst = this.replays.use(id, expiryOf(proof.claims, rules));
    if (isFirst instanceof Promise) return isFirst.then((first) => outcomeOf(first, outcome));
    return outcomeOf(isFirst, outcome);
  }

  /** What the proof of a request with this token is held against. */
  rulesFor(
    { method, url, originalUrl }: Pick<ProvenRequest, 'method' | 'url' | 'originalUrl'>,
    token: string,
  ): ProofRules {
    return {
      method,
      uri: requestUri(this.base, originalUrl ?? url),
      tokenHash: hash('sha256', token, 'base64url'),
      algorithms: this.algorithms,
      maxAgeSeconds: this.maxAgeSeconds,
      clockToleranceSeconds: this.clockToleranceSeconds,
    };
  }

  private judgeNonce(nonce: unknown): ProofOutcome {
    if (!this.nonces) return {};
    const current = this.nonces.current();
    if (!this.nonces.isGood(nonce)) throw new UseDpopNonce(current);
    return nonce === current ? {} : { nextNonce: current };
  }
}

function outcomeOf(isFirst: boolean, outcome: ProofOutcome): ProofOutcome {
  if (!isFirst) throw new InvalidDpopProof('replayed_proof');
  return outcome;
}

/**
 * Takes the one proof of a request apart. Says nothing about whether it is good.
 *
 * @throws InvalidDpopProof
 */
export function parseProof(request: Pick<ProvenRequest, 'headers'> & RawRequest): SignedAccessToken {
  const { dpop } = request.headers;
  if (dpop === undefined) throw new InvalidDpopProof('missing_proof');
  if (countHeaders(request, 'dpop') > 1) throw new InvalidDpopProof('several_proofs');
  if (typeof dpop !== 'string' || dpop.length > MAX_PROOF_LENGTH)
    throw new InvalidDpopProof('malformed_proof');
  try {
    return parseAccessToken(dpop);
  } catch (error) {
    throw error instanceof InvalidToken ? new InvalidDpopProof('malformed_proof') : error;
  }
}
