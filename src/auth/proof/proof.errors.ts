import { AuthError } from '../auth.errors.js';

/**
 * Why a DPoP proof is refused: a closed list of reasons, each with the `error_description` that the client sees
 * (RFC 9449, 7.1). The reason goes to logs and metrics; no text ever holds a part of the proof.
 */
export const proofRefusals = {
  missing_proof: 'The request has no DPoP proof',
  several_proofs: 'The request has more than one DPoP proof',
  malformed_proof: 'The DPoP proof is malformed',
  wrong_proof_type: 'The DPoP proof is not of the type dpop+jwt',
  unsupported_proof_algorithm: 'The DPoP proof is signed with an algorithm that is not supported',
  unsupported_proof_header: 'The DPoP proof has a header parameter that is not supported',
  private_proof_key: 'The DPoP proof gives away a private or symmetric key',
  unusable_proof_key: 'The DPoP proof has no public key that fits its algorithm',
  missing_proof_claim: 'The DPoP proof lacks a required claim',
  invalid_proof_claim: 'The DPoP proof has a claim of the wrong type',
  wrong_proof_method: 'The DPoP proof is for another HTTP method',
  wrong_proof_uri: 'The DPoP proof is for another URI',
  wrong_proof_token: 'The DPoP proof is for another access token',
  proof_too_old: 'The DPoP proof was made too long ago',
  proof_from_future: 'The DPoP proof was made in the future',
  bad_proof_signature: 'The signature of the DPoP proof does not fit',
  replayed_proof: 'The DPoP proof has been used before',
} as const;

/** One of the reasons for refusing a DPoP proof. */
export type ProofRefusalReason = keyof typeof proofRefusals;

/** The request's DPoP proof is missing, malformed, forged, used before or for something else (RFC 9449, 7.1). */
export class InvalidDpopProof extends AuthError {
  readonly challenge: Readonly<Record<string, string>>;

  constructor(readonly reason: ProofRefusalReason) {
    super({ code: 'invalid_dpop_proof', detail: proofRefusals[reason] });
    this.challenge = { error: 'invalid_dpop_proof', error_description: proofRefusals[reason] };
  }
}

/** The proof is good but for its nonce; the client repeats the request with the one in the answer (RFC 9449, 9). */
export class UseDpopNonce extends AuthError {
  readonly reason = 'use_dpop_nonce';
  readonly challenge: Readonly<Record<string, string>>;

  /** @param nonce the one to use */
  constructor(nonce: string) {
    super('use_dpop_nonce', { 'dpop-nonce': nonce });
    this.challenge = { error: 'use_dpop_nonce', error_description: this.message };
  }
}
