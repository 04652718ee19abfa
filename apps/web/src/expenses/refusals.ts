import { ApiRefusal, ApiUnavailable } from '../api/api.errors.js';
import { IssuerUnavailable } from '../login/login.errors.js';

/** Whether the API refused what was typed. */
export function isAboutForm(error: unknown): error is ApiRefusal {
  return error instanceof ApiRefusal && (error.status === 400 || error.status === 422);
}

/** Whether the same request may work later. */
export function isOutage(error: unknown): boolean {
  if (error instanceof ApiUnavailable || error instanceof IssuerUnavailable) return true;
  return error instanceof ApiRefusal && (error.status === 429 || error.status >= 500);
}

/** Whether somebody changed the expense since the person saw it. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiRefusal && error.status === 412;
}

/** Whether there is no such expense, or no longer. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiRefusal && error.status === 404;
}
