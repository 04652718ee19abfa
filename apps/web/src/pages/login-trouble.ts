import {
  AccessDenied,
  CookiesRefused,
  IssuerUnavailable,
  LoginDeclined,
  LoginFailed,
  NotGranted,
  ServiceFault,
} from '../login/login.errors.js';
import { loginPath } from '../login/return-to.js';
import { FIRST_PERMISSIONS } from '../login/scopes.js';
import { FormOutOfDate, LoginNeeded, SessionsUnavailable } from '../sessions/session.errors.js';
import { permissionNeeded, serviceFault, type Trouble, tryLater } from './trouble-parts.js';

const OTHER_ACCOUNT = 'Use another account';

/**
 * Explains what went wrong with a login, a log out or a session; undefined for other errors.
 * @param page the path where it happened, to try again or to come back to
 */
export function explainLogin(error: unknown, page: string): Trouble | undefined {
  if (error instanceof IssuerUnavailable) {
    return { ...tryLater('The login service cannot be reached', page), reference: error.reference };
  }
  if (error instanceof SessionsUnavailable) return tryLater('Logins cannot be looked up at the moment', page);
  if (error instanceof LoginNeeded) {
    return serviceFault(
      'You are logged in, but not for long enough',
      'Your login ended as soon as it began.',
    );
  }
  if (error instanceof ServiceFault) {
    const trouble = serviceFault(
      'The login does not work',
      'The login service and this application do not agree.',
    );
    return { ...trouble, reference: error.reference };
  }
  if (error instanceof AccessDenied) {
    return {
      status: 403,
      title: 'The login service did not let you in',
      message: 'It gave this reason:',
      quote: error.reason,
      action: { label: OTHER_ACCOUNT, href: loginPath('/', [], { otherAccount: true }) },
      reference: error.reference,
    };
  }
  if (error instanceof LoginFailed) {
    return {
      status: 400,
      title: 'The login was not completed',
      message: error.message,
      action: { label: 'Log in again', href: loginPath('/') },
      reference: error.reference,
    };
  }
  if (error instanceof CookiesRefused) {
    return {
      status: 400,
      title: 'Your browser keeps no cookies',
      message:
        'The login itself went well, but your browser does not send back the cookie that says so. Allow cookies for ' +
        'this site, or open it outside of a frame and of private windows that block them; then log in again.',
      action: { label: 'Log in again', href: loginPath(error.returnTo) },
    };
  }
  return explainRefusedPermission(error, page);
}

function explainRefusedPermission(error: unknown, page: string): Trouble | undefined {
  if (error instanceof LoginDeclined) {
    const { permissions, returnTo, loggedIn } = error;
    const trouble = permissionNeeded(
      'You declined',
      loggedIn
        ? 'Without your permission this application cannot do what you wanted. Everything else goes on.'
        : 'Without your permission this application cannot show or change your expenses.',
      permissions,
      returnTo,
    );
    if (loggedIn) return { ...trouble, otherAction: { label: 'Go on without', href: returnTo } };
    const onlyFirst = permissions.every((name) => FIRST_PERMISSIONS.includes(name));
    return onlyFirst
      ? {
          ...trouble,
          otherAction: { label: OTHER_ACCOUNT, href: loginPath(returnTo, [], { otherAccount: true }) },
        }
      : { ...trouble, otherAction: { label: 'Go on without', href: loginPath(returnTo) } };
  }
  if (error instanceof NotGranted) {
    return {
      status: 403,
      title: 'Not granted to you',
      message:
        'You are logged in, but the login service does not let your account have all that was asked for.',
      permissions: error.permissions,
      action: { label: 'Go on without', href: error.returnTo },
      otherAction: { label: OTHER_ACCOUNT, href: loginPath(error.returnTo, [], { otherAccount: true }) },
    };
  }
  if (error instanceof FormOutOfDate) {
    return {
      status: 403,
      title: 'This form is out of date',
      message:
        'It was made for somebody else than who is logged in now, or days ago. Nothing was changed. Open the page ' +
        'again and repeat what you wanted to do.',
      action: { label: 'Open the page again', href: page },
    };
  }
  return undefined;
}
