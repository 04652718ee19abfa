import { Inject, Injectable } from '@nestjs/common';
import { AUTH_OPTIONS, type AuthOptions, DEFAULT_CLOCK_TOLERANCE_SECONDS } from '../auth.options.js';
import { InvalidRequest, InvalidToken } from '../auth.errors.js';
import { resourceOf } from '../metadata/resource-metadata.js';
import type { Principal } from '../token/principal.js';
import { algorithmNames, dpopModeOf } from './dpop.options.js';
import { DpopProofs, type ProofOutcome, type ProvenRequest } from './dpop-proofs.js';

/** The schemes under which access tokens are sent: RFC 6750, 2.1 and RFC 9449, 7.1. */
export type TokenScheme = 'Bearer' | 'DPoP';

/**
 * Judges whether an access token is used by whom it was issued to, at every request: one that is bound to a key needs a
 * DPoP proof of that key (RFC 9449), and is never a bearer token.
 */
@Injectable()
export class SenderConstraints {
  /** Whether every token must be bound to a key. */
  readonly isProofRequired: boolean;
  /** The names of the algorithms that proofs may be signed with; none when DPoP is off. */
  readonly algorithms: readonly string[];
  /** What judges proofs; nothing when DPoP is off. */
  readonly proofs?: DpopProofs;
  private readonly certificateOf: AuthOptions['certificateOf'];

  constructor(@Inject(AUTH_OPTIONS) options: AuthOptions) {
    const mode = dpopModeOf(options);
    this.certificateOf = options.certificateOf;
    if (mode !== 'off') {
      const { dpop = {}, clockToleranceSeconds = DEFAULT_CLOCK_TOLERANCE_SECONDS } = options;
      if (options.resourceMetadataUrl === undefined) {
        throw new TypeError('DPoP proofs name the API: set `resourceMetadataUrl` of AuthModule');
      }
      this.proofs = new DpopProofs(dpop, resourceOf(options.resourceMetadataUrl), clockToleranceSeconds);
    }
    this.isProofRequired = mode === 'required';
    this.algorithms = this.proofs ? algorithmNames(this.proofs.algorithms) : [];
  }

  /** Whether tokens may be sent under the scheme `DPoP`. */
  get isOn(): boolean {
    return this.proofs !== undefined;
  }

  /**
   * @param scheme under which the token was sent
   * @returns nothing for a bearer token that needs no proof
   * @throws InvalidToken, InvalidRequest, InvalidDpopProof, UseDpopNonce
   * @throws ServiceUnavailable when it cannot be told whether a proof was used before
   */
  judge(
    request: ProvenRequest,
    scheme: TokenScheme,
    token: string,
    { confirmation }: Principal,
  ): ProofOutcome | Promise<ProofOutcome> | undefined {
    this.judgeCertificate(request, confirmation);
    if (scheme === 'Bearer') {
      if (confirmation?.jkt !== undefined) throw new InvalidToken('sender_constrained_token');
      if (this.isProofRequired && confirmation === undefined) throw new InvalidToken('unbound_token');
      if (this.proofs && request.headers.dpop !== undefined) {
        throw new InvalidRequest('A DPoP proof must not be sent with a bearer token');
      }
      return undefined;
    }
    const thumbprint = confirmation?.jkt;
    if (thumbprint === undefined || !this.proofs) throw new InvalidToken('unbound_token');
    return this.proofs.verify(request, token, thumbprint);
  }

  /** A token that is bound to a certificate is good with that one only, under either scheme (RFC 8705, 3). */
  private judgeCertificate(request: ProvenRequest, confirmation: Principal['confirmation']): void {
    const expected = confirmation?.['x5t#S256'];
    if (expected === undefined) return;
    const certificate = this.certificateOf?.(request);
    if (certificate === undefined) throw new InvalidToken('missing_certificate');
    if (certificate !== expected) throw new InvalidToken('wrong_certificate');
  }
}
