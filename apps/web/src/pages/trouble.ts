import { HttpException } from '@nestjs/common';
import { ApiRefusal, ApiUnavailable } from '../api/api.errors.js';
import { IssuerUnavailable, LoginDeclined, LoginFailed, NotGranted } from '../login/login.errors.js';
import { loginPath } from '../login/return-to.js';
import { FormOutOfDate } from '../sessions/session.errors.js';

/** What a page says when something does not work, and what the user can do about it. */
export interface Trouble {
  readonly status: number;
  readonly title: string;
  readonly message: string;
  /** Permissions that are missing. */
  readonly permissions?: readonly string[];
  readonly action?: { readonly label: string; readonly href: string };
  readonly retryAfterSeconds?: number;
  /** The API's name for the request, for whoever looks into it. */
  readonly requestId?: string;
}

/** Time to wait when an outage says nothing of its length, in seconds. */
const DEFAULT_WAIT_SECONDS = 30;

/**
 * Explains an error to the user.
 * @param page the path where it happened, to try again or to come back to
 */
export function explain(error: unknown, page: string): Trouble {
  if (error instanceof ApiRefusal) return explainRefusal(error, page);
  if (error instanceof ApiUnavailable) return tryLater('The expenses service cannot be reached', page);
  if (error instanceof IssuerUnavailable) return tryLater('The login service cannot be reached', page);
  if (error instanceof LoginDeclined) {
    return permissionNeeded(
      'You declined',
      'Without your permission this application cannot show or change your expenses.',
      error.permissions,
      error.returnTo,
    );
  }
  if (error instanceof NotGranted) {
    return {
      status: 403,
      title: 'Not granted to you',
      message:
        'You are logged in, but the login service does not let your account have all that was asked for.',
      permissions: error.permissions,
      action: { label: 'Go on without', href: error.returnTo },
    };
  }
  if (error instanceof LoginFailed) {
    const action = { label: 'Log in again', href: loginPath('/') };
    return { status: 400, title: 'The login was not completed', message: error.message, action };
  }
  if (error instanceof FormOutOfDate) {
    return {
      status: 403,
      title: 'This form is out of date',
      message: 'Nothing was changed. Open the page again and repeat what you wanted to do.',
      action: { label: 'Open the page again', href: page },
    };
  }
  return explainOther(error);
}

function explainRefusal(error: ApiRefusal, page: string): Trouble {
  const { status, missing, problem } = error;
  const { requestId } = problem;
  if (status === 401) {
    return {
      status,
      title: 'Please log in again',
      message: 'The expenses service no longer accepts your login.',
      action: { label: 'Log in again', href: loginPath(page) },
      requestId,
    };
  }
  if (status === 403 && missing.length > 0) {
    const message = 'This application does not have the permission that this needs.';
    return { ...permissionNeeded('A permission is missing', message, missing, page), requestId };
  }
  if (status === 429 || status >= 500) {
    const title = status === 429 ? 'Too many requests' : 'The expenses service is not available';
    return { ...tryLater(title, page, error.retryAfterSeconds), requestId };
  }
  return {
    status,
    title: problem.title ?? 'The expenses service refused this',
    message: problem.detail ?? 'It gave no reason.',
    requestId,
  };
}

function permissionNeeded(
  title: string,
  message: string,
  permissions: readonly string[],
  page: string,
): Trouble {
  const action = { label: 'Ask me again', href: loginPath(page, permissions) };
  return { status: 403, title, message, permissions, action };
}

function tryLater(title: string, page: string, retryAfterSeconds = DEFAULT_WAIT_SECONDS): Trouble {
  const wait = `${retryAfterSeconds} ${retryAfterSeconds === 1 ? 'second' : 'seconds'}`;
  return {
    status: 503,
    title,
    message: `Your data is safe. Please try again in ${wait}.`,
    action: { label: 'Try again', href: page },
    retryAfterSeconds,
  };
}

function explainOther(error: unknown): Trouble {
  const status =
    error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number }).statusCode;
  const action = { label: 'Go to the home page', href: '/' };
  if (status === 404) {
    return { status, title: 'Page not found', message: 'There is no page at this address.', action };
  }
  if (status !== undefined && status >= 400 && status < 500) {
    const message = 'The request is not one that this application understands.';
    return { status, title: 'This cannot be shown', message, action };
  }
  return { status: 500, title: 'Something went wrong', message: 'The fault is on our side.', action };
}
