import { HttpException } from '@nestjs/common';
import { ApiRefusal, ApiUnavailable } from '../api/api.errors.js';
import { explainLogin } from './login-trouble.js';
import { EXPENSES, HOME, permissionNeeded, serviceFault, type Trouble, tryLater } from './trouble-parts.js';

export type { Trouble } from './trouble-parts.js';

/**
 * Explains an error to the user.
 * @param page the path where it happened, to try again or to come back to
 */
export function explain(error: unknown, page: string): Trouble {
  if (error instanceof ApiRefusal) return explainRefusal(error, page);
  if (error instanceof ApiUnavailable) return tryLater('The expenses service cannot be reached', page);
  return explainLogin(error, page) ?? explainOther(error);
}

function explainRefusal(error: ApiRefusal, page: string): Trouble {
  const { status, missing, problem } = error;
  const { requestId } = problem;
  if (status === 401) {
    // The token was fresh: an older one would have been renewed, or have led to the login.
    const title = 'The expenses service does not accept your login';
    return { ...serviceFault(title, 'You are logged in.'), requestId };
  }
  if (status === 403 && missing.length > 0) {
    const message = 'This application does not have the permission that this needs.';
    return { ...permissionNeeded('A permission is missing', message, missing, page), requestId };
  }
  if (status === 429 || status >= 500) {
    const title = status === 429 ? 'Too many requests' : 'The expenses service is not available';
    return { ...tryLater(title, page, error.retryAfterSeconds), requestId };
  }
  if (status === 404) {
    const message = 'It does not exist, or it is not yours.';
    return { status, title: 'There is no such expense', message, action: EXPENSES, requestId };
  }
  return {
    status,
    title: problem.title ?? 'The expenses service refused this',
    message: problem.detail ?? 'It gave no reason.',
    action: HOME,
    requestId,
  };
}

function explainOther(error: unknown): Trouble {
  const status =
    error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number }).statusCode;
  if (status === 404) {
    return { status, title: 'Page not found', message: 'There is no page at this address.', action: HOME };
  }
  if (status !== undefined && status >= 400 && status < 500) {
    const message = 'The request is not one that this application understands.';
    return { status, title: 'This cannot be shown', message, action: HOME };
  }
  return { status: 500, title: 'Something went wrong', message: 'The fault is on our side.', action: HOME };
}
