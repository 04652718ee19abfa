import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AUTH_OPTIONS, type AuthOptions, issuersOf } from '../auth.options.js';
import type { SigningAlgorithm } from '../keys/algorithms.js';
import type { VerificationKey } from '../keys/key-set.js';
import type { IssuerOptions } from './issuer.options.js';
import { TrustedIssuer } from './trusted-issuer.js';

/** The issuers whose tokens are accepted. Which one a token is of is told by its exact `iss`, and by nothing else. */
@Injectable()
export class TrustedIssuers implements OnModuleInit, OnModuleDestroy {
  readonly all: readonly [TrustedIssuer, ...TrustedIssuer[]];
  /** What tokens may be signed with, by whichever issuer. */
  readonly algorithms: readonly SigningAlgorithm[];
  private readonly byName = new Map<unknown, TrustedIssuer>();

  /** @throws TypeError when there is none, or two have a name in common */
  constructor(@Inject(AUTH_OPTIONS) options: AuthOptions) {
    const [first, ...others] = issuersOf(options);
    // Options that come from a file, say, are not always what their type promises.
    if (!first) throw new TypeError('issuers must name at least one issuer');
    const trust = (one: IssuerOptions) => new TrustedIssuer(one, options, one === first);
    this.all = [trust(first), ...others.map(trust)];
    this.algorithms = [...new Set(this.all.flatMap(({ rules }) => rules.algorithms))];
    for (const issuer of this.all) {
      // Both spellings while discovery has not said which; afterwards the other one leads here, and is refused.
      for (const name of issuer.rules.issuers) {
        if (this.byName.has(name)) throw new TypeError(`issuers: ${name} is the name of two issuers`);
        this.byName.set(name, issuer);
      }
    }
  }

  /** Starts fetching all keys without holding up the start. */
  onModuleInit(): void {
    for (const { keys } of this.all) keys.start();
  }

  onModuleDestroy(): void {
    for (const { keys } of this.all) keys.stop();
  }

  /** The issuer of this name, compared exactly. */
  named(iss: unknown): TrustedIssuer | undefined {
    return this.byName.get(iss);
  }

  /** Scopes as clients must ask for them, by every issuer's way of writing them (RFC 9728, 2). */
  scopesToAskFor(scopes: readonly string[]): readonly string[] {
    return [...new Set(this.all.flatMap((issuer) => scopes.map((scope) => issuer.scopeToAskFor(scope))))];
  }

  /** Calls the listener with an issuer whenever some keys are no longer its. */
  onKeyChange(listener: (issuer: TrustedIssuer, isCurrent: (key: VerificationKey) => boolean) => void): void {
    for (const issuer of this.all) issuer.keys.onChange((isCurrent) => listener(issuer, isCurrent));
  }
}
