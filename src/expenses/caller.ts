import { InsufficientScope, type Principal } from '../auth/index.js';
import { DatabaseUnavailable } from '../database/database.errors.js';
import { ProblemException } from '../problems/problem.exception.js';
import { type Author, type Owner, type Owners, isOwner, ownerWith, UNKNOWN_ACCOUNT } from './owner.js';

/**
 * The caller as an owner.
 * @throws DatabaseUnavailable while the database has not said yet what the caller's issuer owns
 * @throws ProblemException 403 for a `sub` that cannot be kept, as one with a NUL character
 */
export function ownerOf(principal: Principal): Owner {
  if (principal.account.startsWith(UNKNOWN_ACCOUNT))
    throw new DatabaseUnavailable('the issuers are not read yet');
  if (isOwner(principal.subject)) return ownerWith(principal.account);
  throw new ProblemException('unusable_subject');
}

/** The caller as the one who writes, always in their own name. */
export function authorOf(principal: Principal): Author {
  return { owner: ownerOf(principal), clientId: principal.clientId };
}

/**
 * Whose expenses the caller gets: their own, unless they ask for others.
 * @throws InsufficientScope when they ask and lack read:all_reports
 */
export function ownersFor(principal: Principal, asked: Owners | undefined): Owners {
  if (asked === undefined) return ownerOf(principal);
  if (!principal.scopes.includes('read:all_reports')) throw new InsufficientScope(['read:all_reports']);
  return asked;
}
