import * as client from 'openid-client';
import { z } from 'zod';
import {
  AccessDenied,
  GrantRefused,
  IssuerUnavailable,
  LoginFailed,
  type ReportedError,
  ServiceFault,
} from './login.errors.js';
import { errorCode, loggable, quotable } from './quoting.js';

/** What an endpoint of the issuer did not do: the error for the page, and a line for the log. */
export interface Failure {
  readonly error: ReportedError;
  /** Names endpoint, code, description and reference, and nothing that was sent. */
  readonly log: string;
}

/** RFC 6749, 5.2 */
const oauthError = z.object({ error: z.string(), error_description: z.string().optional() });

/** Errors of an authorization response that come and go by themselves (RFC 6749, 4.1.2.1). */
const PASSING = new Set(['server_error', 'temporarily_unavailable']);
/** Errors of an authorization response that the user, or a new request, may answer (OpenID Connect Core, 3.1.2.6). */
const ANSWERABLE = new Set(
  'login_required interaction_required account_selection_required consent_required'.split(' '),
);
/** Of openid-client: answers that are understood and do not hold. Everything else is no answer. */
const NOT_VALID = new Set([
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_INVALID_SERVER_METADATA',
]);

/**
 * What an error of openid-client means, whichever of the issuer's endpoints it came from.
 *
 * @param endpoint its name for the log, such as `token endpoint`
 */
export async function failureOf(error: unknown, endpoint: string): Promise<Failure> {
  const known = ownError(error);
  if (known) return report(known, endpoint, known.message);
  if (error instanceof client.AuthorizationResponseError) {
    return report(refusedAuthorization(error), endpoint, error.error, error.error_description);
  }
  const refusal = await refusalOf(error);
  if (refusal) {
    const refused =
      refusal.error === 'invalid_grant'
        ? new GrantRefused('The issuer refused the grant', { cause: error })
        : new ServiceFault('The issuer refused this application', { cause: error });
    return report(refused, endpoint, refusal.error, refusal.description);
  }
  const { code = 'no answer', message, cause } = error as Partial<client.ClientError> & Error;
  const failed = NOT_VALID.has(code)
    ? new ServiceFault('The issuer’s answer does not hold', { cause: error })
    : new IssuerUnavailable('The issuer gave no usable answer', { cause: error });
  return report(failed, endpoint, code, [message, (cause as Error | undefined)?.message].join(': '));
}

function refusedAuthorization({ error, error_description: text }: client.AuthorizationResponseError) {
  if (error === 'access_denied') return new AccessDenied(quotable(text));
  if (PASSING.has(error)) return new IssuerUnavailable('The issuer cannot answer now');
  if (ANSWERABLE.has(error)) return new LoginFailed('The login service did not finish the login.');
  return new ServiceFault('The issuer refused the request of this application');
}

/** The OAuth error in an answer, which a 401 may accompany by a challenge (RFC 6749, 5.2). */
async function refusalOf(error: unknown): Promise<{ error: string; description?: string } | undefined> {
  if (error instanceof client.ResponseBodyError) {
    return { error: error.error, description: error.error_description };
  }
  if (!(error instanceof client.WWWAuthenticateChallengeError)) return undefined;
  const { error: code = 'invalid_client', error_description: description } = {
    ...error.cause[0]?.parameters,
    ...(await oauthErrorIn(error.response)),
  };
  return { error: code, description };
}

async function oauthErrorIn(response: Response) {
  try {
    return oauthError.parse(await response.json());
  } catch {
    return {};
  }
}

/** openid-client wraps errors that it does not know. */
function ownError(error: unknown): IssuerUnavailable | LoginFailed | undefined {
  return [error, (error as Error).cause].find(
    (candidate) => candidate instanceof IssuerUnavailable || candidate instanceof LoginFailed,
  );
}

function report(error: ReportedError, endpoint: string, code: unknown, description?: string): Failure {
  const words = loggable(description);
  const quoted = words && ` “${words}”`;
  return { error, log: `${endpoint}: ${errorCode(code)}${quoted} (reference ${error.reference})` };
}
