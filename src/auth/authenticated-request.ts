import type { AccessRule } from './access/access.decorators.js';
import type { ProvenRequest } from './proof/dpop-proofs.js';
import type { TokenScheme } from './proof/sender-constraints.js';
import type { BearerRequest } from './token/bearer-token.js';
import type { Principal } from './token/principal.js';

/** What an answer lets the guards do before it is written: Fastify's reply and Express's response both can. */
export interface AnswerHead {
  header(name: string, value: string): unknown;
}

/** A request, and what the guards have left on it. */
export type AuthenticatedRequest = BearerRequest &
  ProvenRequest & {
    /** The scheme under which the token was sent. */
    tokenScheme?: TokenScheme;
    /** Who calls, once the token was verified. */
    user?: Principal;
    /** The rule of the route that the request asked for; the challenge of a refusal names its scopes. */
    askedRule?: AccessRule;
    /** The rule that the request has satisfied; for that one nothing is left to decide. */
    grantedRule?: AccessRule;
    /** Why it was refused, for the log. */
    refusalReason?: string;
    /** Why the request was refused before its body was read, where the server answers that later. */
    refusal?: Error;
  };
