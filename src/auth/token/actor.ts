import { type Claims, isObject, isTextOrAbsent } from './claims.js';

/** Who really acts: not the subject of the token, but somebody whom the subject's issuer lets act for them (RFC 8693, 4.1). */
export interface Actor {
  /** The `sub` of the actor, or the application that acts: `client_id`. */
  readonly subject: string;
  /** Who vouches for the actor, when that is another issuer than the token's. */
  readonly issuer?: string;
  /** Who acted before, for this actor; told, and not to be decided by (RFC 8693, 4.1). */
  readonly actor?: Actor;
}

/** How many actors may stand behind one another. */
const MAX_ACTORS = 4;

/** Whether an `act` claim names an actor, and every one before it. */
export function isActorClaim(act: unknown, depth = 1): boolean {
  if (!isObject(act) || depth > MAX_ACTORS) return false;
  const { sub, client_id: client, iss, act: earlier } = act;
  return (
    isTextOrAbsent(sub) &&
    isTextOrAbsent(client) &&
    isTextOrAbsent(iss) &&
    (sub !== undefined || client !== undefined) &&
    (!Object.hasOwn(act, 'act') || isActorClaim(earlier, depth + 1))
  );
}

/** The actor of a claim that `isActorClaim`. */
export function actorOf(act: unknown): Actor | undefined {
  if (act === undefined) return undefined;
  const {
    sub,
    client_id: client,
    iss,
    act: earlier,
  } = act as Claims & { sub?: string; client_id?: string; iss?: string };
  return {
    subject: (sub ?? client) as string,
    ...(iss !== undefined && { issuer: iss }),
    ...(earlier !== undefined && { actor: actorOf(earlier) }),
  };
}
