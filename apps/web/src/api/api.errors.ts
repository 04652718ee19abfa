import type { WWWAuthenticateChallenge } from 'openid-client';
import { z } from 'zod';

/** The members of the API's problem details (RFC 9457) that pages show. */
const problemDetails = z.object({
  code: z.string().optional().catch(undefined),
  title: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  requestId: z.string().optional().catch(undefined),
  errors: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .optional()
    .catch(undefined),
});

/** The API cannot be reached, or answers what is no answer of it. */
export class ApiUnavailable extends Error {
  override readonly name = 'ApiUnavailable';
}

/** The API answered, and refused. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';

  constructor(
    readonly status: number,
    readonly problem: z.output<typeof problemDetails>,
    /** Permissions that the request needs and the token lacks (`scope` of the challenge, RFC 6750, 3). */
    readonly missing: readonly string[] = [],
    /** Seconds after which to try again (RFC 9110, 10.2.3). */
    readonly retryAfterSeconds?: number,
    /** Why a token is refused, in the API's words (`error_description`, RFC 6750, 3). */
    readonly reason?: string,
    /** How recent a login the request needs, in seconds, where it was not recent enough (RFC 9470, 3). */
    readonly neededLoginAge?: number,
  ) {
    super(`The API answered ${status}`);
  }
}

/** Reads a refusal off a response: problem details, challenge and Retry-After, each as far as it is there. */
export async function refusalOf(
  response: Response,
  challenges: WWWAuthenticateChallenge[] = [],
): Promise<ApiRefusal> {
  const body: unknown = await response.json().catch(() => undefined);
  const scopes = challenges.map(({ parameters }) => parameters.scope);
  return new ApiRefusal(
    response.status,
    problemDetails.safeParse(body).data ?? {},
    response.status === 403 ? scopes.flatMap((scope) => scope?.split(' ') ?? []) : [],
    secondsOf(response.headers.get('retry-after')),
    challenges.find(({ parameters }) => parameters.error_description)?.parameters.error_description,
    response.status === 401 ? loginAgeIn(challenges) : undefined,
  );
}

/** Whether an API wants a more recent login than the token's, which a renewed token does not bring (RFC 9470, 3). */
export function wantsRecentLogin(challenges: WWWAuthenticateChallenge[]): boolean {
  return loginAgeIn(challenges) !== undefined;
}

function loginAgeIn(challenges: WWWAuthenticateChallenge[]): number | undefined {
  const challenge = challenges.find(
    ({ parameters }) => parameters.error === 'insufficient_user_authentication',
  );
  if (!challenge) return undefined;
  const { max_age: age = '' } = challenge.parameters as Readonly<Record<string, string | undefined>>;
  return /^\d{1,9}$/.test(age) ? Number(age) : 0;
}

/** Retry-After is a number of seconds or a date (RFC 9110, 10.2.3). */
export function secondsOf(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
