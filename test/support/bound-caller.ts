import { randomUUID } from 'node:crypto';
import { authDecisions, type ProofRefusalReason, type RefusalReason } from '../../src/auth/index.js';
import { DpopClient, type ProofSubject } from '../../src/testing/dpop-client.js';
import type { TestApp, TestClaims, TestIssuer } from '../../src/testing/index.js';
import { BASE_URL, expectExpenses, expectInvalidProof } from './refusal.js';

/** Where proofs for `GET /secured` of `ReportsModule` are for. */
export const SECURED = `${BASE_URL}/secured`;

/** What a proof is made of, and makes a proof that is wrong in one way. */
export type Forge = (subject: ProofSubject, client: DpopClient, jti: string) => string;

/** A client whose tokens are bound to its key, before an application with `ReportsModule`. */
export class BoundCaller {
  constructor(
    private readonly issuer: TestIssuer,
    private readonly app: TestApp,
    readonly client = new DpopClient(),
  ) {}

  token(claims: TestClaims = {}): string {
    return this.issuer.tokenFor({ scopes: ['read:reports'], cnf: this.client.confirmation, ...claims });
  }

  send(token: string, dpop: string, headers: Readonly<Record<string, string>> = {}) {
    return this.app.inject({
      method: 'GET',
      url: '/secured',
      headers: { authorization: `DPoP ${token}`, dpop, ...headers },
    });
  }
}

/** Sends a proof that must be good. */
export async function expectAccepted(caller: BoundCaller, forge: Forge): Promise<void> {
  const token = caller.token();
  expectExpenses(await caller.send(token, forge({ url: SECURED, token }, caller.client, randomUUID())));
}

/**
 * Sends a proof that must be refused for a reason. Then a good one by the same key, for the same token and of the same
 * `jti`: it must be let in, for the other was wrong in that one way only, and was not used up.
 */
export async function expectRefused(
  caller: BoundCaller,
  forge: Forge,
  reason: ProofRefusalReason | RefusalReason,
): Promise<void> {
  const token = caller.token();
  const subject = { url: SECURED, token };
  const jti = randomUUID();
  const decisions: unknown[] = [];
  const listen = (decision: unknown) => void decisions.push(decision);
  authDecisions.subscribe(listen);
  const answer = await caller.send(token, forge(subject, caller.client, jti));
  authDecisions.unsubscribe(listen);
  expectInvalidProof(answer, reason);
  expect(decisions).toStrictEqual([{ outcome: 'refused', reason }]);
  expectExpenses(await caller.send(token, caller.client.proof(subject, { jti })));
}
