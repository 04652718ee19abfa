import type { SigningAlgorithm } from '../keys/algorithms.js';
import type { SharedAuthOptions } from '../auth.options.js';
import type { ProofReplays } from './proof-replays.js';

/** How access tokens that are bound to a client's key are taken (RFC 9449). */
export interface DpopOptions {
  /**
   * `allowed`: tokens that are bound to a key need a proof, others are bearer tokens. `required`: every token must be
   * bound. `off`: bound tokens are refused. Default `allowed`, or `off` without `resourceMetadataUrl`, which says where the
   * API is that proofs name.
   */
  readonly mode?: 'off' | 'allowed' | 'required';
  /** `required` makes clients put a nonce of ours into every proof. Default `off`. */
  readonly nonce?: 'off' | 'required';
  /** What nonces are made from; the same text in every process. Default: each process makes its own. */
  readonly nonceSecret?: string;
  /** How old a proof may be, in seconds. Default 60. */
  readonly maxAgeSeconds?: number;
  /** Default ES256, EdDSA, PS256 and RS256. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Where used proofs are remembered. Default: in the memory of the process. */
  readonly replays?: ProofReplays;
}

/** How bound tokens are taken, by the options of `AuthModule`. */
export function dpopModeOf({
  dpop,
  resourceMetadataUrl,
}: Pick<SharedAuthOptions, 'dpop' | 'resourceMetadataUrl'>): NonNullable<DpopOptions['mode']> {
  return dpop?.mode ?? (resourceMetadataUrl === undefined ? 'off' : 'allowed');
}

/** What proofs may be signed with unless the options say otherwise. */
export const DEFAULT_PROOF_ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'EdDSA', 'PS256', 'RS256'];

/** The algorithms by the names that clients may use: Ed25519 has two (RFC 9864, 2.2). */
export function algorithmNames(algorithms: readonly SigningAlgorithm[]): readonly string[] {
  return algorithms.flatMap((name) => (name === 'EdDSA' ? [name, 'Ed25519'] : [name]));
}
