import { loginPath } from '../login/return-to.js';

/** A link that a page offers. */
export interface Action {
  readonly label: string;
  readonly href: string;
}

/** What a page says when something does not work, and what the user can do about it. */
export interface Trouble {
  readonly status: number;
  readonly title: string;
  readonly message: string;
  /** What another service said, to be quoted. */
  readonly quote?: string;
  /** Permissions that are missing. */
  readonly permissions?: readonly string[];
  readonly action?: Action;
  readonly otherAction?: Action;
  readonly retryAfterSeconds?: number;
  /** The API's name for the request, for whoever looks into it. */
  readonly requestId?: string;
  /** Stands in this application's log as well. */
  readonly reference?: string;
}

/** Time to wait when an outage says nothing of its length, in seconds. */
const DEFAULT_WAIT_SECONDS = 30;

/** The ways on that most pages of trouble offer. */
export const HOME: Action = { label: 'Go to the home page', href: '/' };
export const EXPENSES: Action = { label: 'Go to your expenses', href: '/expenses' };

/** 403: permissions are missing, for which the user can be asked. @param page to come back to */
export function permissionNeeded(
  title: string,
  message: string,
  permissions: readonly string[],
  page: string,
): Trouble {
  const action = { label: 'Ask me again', href: loginPath(page, permissions, { askAgain: true }) };
  return { status: 403, title, message, permissions, action };
}

/**
 * 503: something is away, and the same may work later.
 *
 * @param page to try again
 * @param retryAfterSeconds in how many seconds; default 30
 */
export function tryLater(title: string, page: string, retryAfterSeconds = DEFAULT_WAIT_SECONDS): Trouble {
  const wait = `${retryAfterSeconds} ${retryAfterSeconds === 1 ? 'second' : 'seconds'}`;
  return {
    status: 503,
    title,
    message: `Your data is safe. Please try again in ${wait}.`,
    action: { label: 'Try again', href: page },
    retryAfterSeconds,
  };
}

/** A fault that no user can help, and that trying again does not either. */
export function serviceFault(title: string, message: string): Trouble {
  const advice =
    'This is a fault of the service, and logging in again will not help: please tell its administrator.';
  return { status: 500, title, message: `${message} ${advice}`, action: HOME };
}
