import type { AuthError } from './auth.errors.js';

/**
 * The WWW-Authenticate header of an error (RFC 6750, 3), with the place of our metadata (RFC 9728, 5.1). Every value is
 * one of our own constants or a scope token, so nothing in it needs escaping.
 */
export function bearerChallenge(
  { challenge }: Pick<AuthError, 'challenge'>,
  resourceMetadataUrl?: string,
): string {
  const parameters = { ...challenge, resource_metadata: resourceMetadataUrl };
  const written = Object.entries(parameters).flatMap(([name, value]) =>
    value ? [`${name}="${value}"`] : [],
  );
  return written.length > 0 ? `Bearer ${written.join(', ')}` : 'Bearer';
}
