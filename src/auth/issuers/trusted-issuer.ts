import type { SharedAuthOptions } from '../auth.options.js';
import { DEFAULT_CLOCK_TOLERANCE_SECONDS } from '../auth.options.js';
import { audiencesAt } from '../metadata/resource-metadata.js';
import type { ConfirmationMethod } from '../proof/confirmation.js';
import { dpopModeOf } from '../proof/dpop.options.js';
import { SigningKeys } from '../keys/signing-keys.js';
import type { PrincipalRules } from '../token/principal.js';
import type { TokenRules } from '../token/token-checks.js';
import type { IssuerOptions } from './issuer.options.js';
import { principalRulesOf, tokenRulesOf } from './issuer.rules.js';

/**
 * Tells the accounts of an issuer from those of others. A subject with a control character is nobody's account, so none is
 * another issuer's.
 */
export function accountPrefixOf(name: string): string {
  return `${name}\u001f`;
}

/** The ways of binding a token to its sender that can be verified. */
function confirmationMethodsOf(shared: SharedAuthOptions): readonly ConfirmationMethod[] {
  const methods: ConfirmationMethod[] = [];
  if (dpopModeOf(shared) !== 'off') methods.push('jkt');
  if (shared.certificateOf) methods.push('x5t#S256');
  return methods;
}

/** An issuer whose tokens are accepted: its rules and its keys, which are nobody else's. */
export class TrustedIssuer {
  readonly keys: SigningKeys;
  /** What its tokens are held against. */
  readonly rules: TokenRules;
  /** How their claims are read. */
  readonly principalRules: PrincipalRules;
  /**
   * What stands before the subject in `Principal.account`. An application that keeps things under accounts may set it at
   * its start, so that it is the same ever after, whatever becomes of the issuer's name or of its place in the list.
   */
  accountPrefix: string;

  constructor(
    readonly options: IssuerOptions,
    shared: SharedAuthOptions,
    isFirst: boolean,
  ) {
    this.accountPrefix = isFirst ? '' : accountPrefixOf(options.issuerBaseUrl);
    const { clockToleranceSeconds = DEFAULT_CLOCK_TOLERANCE_SECONDS, resourceMetadataUrl } = shared;
    const rules = {
      ...tokenRulesOf(options, clockToleranceSeconds),
      audiences: [...options.audiences, ...audiencesAt(resourceMetadataUrl)],
      confirmationMethods: confirmationMethodsOf(shared),
    };
    const keys = new SigningKeys({ ...shared, ...options, algorithms: rules.algorithms });
    this.keys = keys;
    this.rules = {
      ...rules,
      get issuers() {
        return keys.issuers;
      },
    };
    this.principalRules = principalRulesOf(options);
  }

  /** What it is called here: the first of its names. */
  get name(): string {
    return this.keys.issuers[0] as string;
  }

  /** A scope as this issuer's clients must ask for it (RFC 6749, 3.3). */
  scopeToAskFor(scope: string): string {
    return this.principalRules.scopePrefix + scope;
  }

  /**
   * Where clients find its metadata (RFC 9728, 2): its name, unless its metadata are at an address that is not its name,
   * or its name is none.
   */
  get authorizationServer(): string {
    const { issuerBaseUrl, jwksUri } = this.options;
    if (this.options.issuer === undefined) return this.name;
    const isName = jwksUri !== undefined && URL.canParse(this.name) && /^https?:/.test(this.name);
    return isName ? this.name : issuerBaseUrl;
  }
}
