export * from './access/access.checks.js';
export * from './access/access.decorators.js';
export { type RouteHandler } from './access/access.routes.js';
export * from './access/access.rules.js';
export * from './access/permissions.js';
export { acrValuesOf, type StepUpOptions } from './access/step-up.js';
export * from './auth.errors.js';
export * from './auth.events.js';
export * from './auth.module.js';
export * from './auth.options.js';
export { InvalidAuthOptions } from './auth.options.schema.js';
/** @internal For the settings of this application; the declarations of the package do without, and so without zod's. */
export { faultsIn, issuersSchema, scopePrefix, secureUrl } from './auth.options.schema.js';
export * from './authenticated-request.js';
export * from './challenge.js';
export { Challenges } from './challenges.js';
export * from './issuers/issuer.options.js';
export { toAlgorithms, toRequiredClaim } from './issuers/issuer.rules.js';
export * from './issuers/trusted-issuer.js';
export * from './issuers/trusted-issuers.js';
export * from './jwt-auth.guard.js';
export * from './keys/algorithms.js';
export { fetchJson, FETCH_TIMEOUT_MS } from './keys/fetch-json.js';
export * from './keys/issuer-metadata.js';
export { fetchKeys, type KeySetReader, NoUsableKey } from './keys/key-fetcher.js';
export { importPublicKey } from './keys/public-key.js';
export * from './keys/signing-keys.js';
export { nearestName } from './nearest-name.js';
export { metadataUrlOf, RESOURCE_METADATA_PATH } from './metadata/resource-metadata.js';
export * from './route.decisions.js';
export { type Confirmation } from './proof/confirmation.js';
export { expressRoutes } from './platforms/express.routes.js';
export { fastifyRoutes, type RegisteredRoute } from './platforms/fastify.routes.js';
export * from './proof/dpop.options.js';
export * from './proof/proof.errors.js';
export { MemoryProofReplays, type ProofReplays } from './proof/proof-replays.js';
export { parseProof, type ProvenRequest } from './proof/dpop-proofs.js';
export { proofChecks, REQUIRED_PROOF_CLAIMS, type ProofRules } from './proof/proof-checks.js';
export { SECRET_MEMBERS } from './proof/proof-keys.js';
export { SenderConstraints, type TokenScheme } from './proof/sender-constraints.js';
export * from './scopes.guard.js';
export { type AccessToken, parseAccessToken, UNSUPPORTED_HEADERS } from './token/access-token.js';
export {
  assertBearerToken,
  type BearerRequest,
  bearerToken,
  credentialsOf,
  TOKEN_IN_BODY,
} from './token/bearer-token.js';
export { type Actor } from './token/actor.js';
export { audienceOf, hasRequired, malformedClaims, missingClaims } from './token/claim-checks.js';
export { claimAt, type Claims, isText, namesOf, wordsOf } from './token/claims.js';
export {
  CLIENT_CLAIMS,
  type Principal,
  type PrincipalRules,
  type UserAuthentication,
} from './token/principal.js';
export { tokenChecks, type TokenRules } from './token/token-checks.js';
export { claimsOfOthers } from './token/token-kind.js';
export { TAKES_FORMS } from './token/form-bodies.js';
export * from './token/logout-token.js';
export * from './token/token-verifier.js';
export * from './token/verified-tokens.js';
// Other applications answer their own errors in the same form.
export { ProblemException } from '../problems/problem.exception.js';
export { PROBLEM_DOCUMENTATION, ProblemFilter } from '../problems/problem.filter.js';

/**
 * The permissions that the application's modules have declared, by name. Empty here: every module adds its own by
 * declaration merging, which is what makes a misspelt `@Scopes('read:report')` a compile error. It stands in this file,
 * and not beside what uses it, because TypeScript merges only one module's declarations into a name that is re-exported.
 *
 * @example
 * export const expensePermissions = definePermissions({ 'read:reports': 'Read expense reports' });
 * declare module '../auth/index.js' {
 *   interface RegisteredPermissions extends PermissionsOf<typeof expensePermissions> {}
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface RegisteredPermissions {}
