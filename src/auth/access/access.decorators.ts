import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Permission } from './permissions.js';
import type { StepUpOptions } from './step-up.js';
import type { Principal } from '../token/principal.js';

/** Metadata key of a route's access rule. One key for all rules, so that the one nearest the handler wins. */
export const ACCESS = 'auth:access';

/** Metadata key under which every access decorator leaves its name, so that contradictory ones are found at start. */
export const ACCESS_DECLARED_BY = 'auth:access-declared-by';

/** Metadata key of the scopes that widen what a route does. */
export const OPTIONAL_SCOPES = 'auth:optional-scopes';

/** Metadata key of what a route asks of its caller beside scopes. */
export const ACCESS_CONDITIONS = 'auth:access-conditions';

/** What a route asks of its caller beside the scopes of the token. */
export interface AccessConditions {
  /** How the user must have logged in; see `StepUp`. */
  readonly stepUp?: StepUpOptions;
  /** Whether the subject must act in person; see `Direct`. */
  readonly direct?: true;
  /** Whether the token must be bound to its sender; see `SenderConstrained`. */
  readonly senderConstrained?: true;
}

/** What a route asks of its caller. */
export type AccessRule =
  | { readonly kind: 'public' }
  | ({ readonly kind: 'authenticated' } & AccessConditions)
  | ({
      readonly kind: 'scopes';
      readonly mode: 'all' | 'any';
      readonly scopes: readonly string[];
    } & AccessConditions);

/** Metadata key, on a prototype, of the `DeclaredMethod`s of its class; on the class itself, of the static ones. */
export const DECLARED_METHODS = 'auth:declared-methods';

/** Metadata key, on a class, of what was declared on it: on the class as a whole, and not on a method. */
export const DECLARED_ON_CLASS = 'auth:declared-on-class';

/** A declaration on a method, as it was when the decorator ran: later ones may have put another in its place. */
export interface DeclaredMethod {
  readonly key: string;
  readonly method: object;
  /** What was written, as in `@Scopes(read:reports)`. */
  readonly name: string;
  /** Under which the declaration stands on the method. */
  readonly metadataKey: string;
}

function access(name: string, rule: AccessRule): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(ACCESS, Object.freeze(rule)),
    recordDeclaration(name),
    recordPlace(name, ACCESS),
  );
}

/** Several declarations on one target would silently overwrite each other, so each is remembered. */
function recordDeclaration(name: string): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const holder = (descriptor?.value ?? target) as object;
    const earlier = (Reflect.getOwnMetadata(ACCESS_DECLARED_BY, holder) ?? []) as string[];
    Reflect.defineMetadata(ACCESS_DECLARED_BY, [...earlier, name], holder);
  };
}

/** Metadata of a method is lost with the method, so its class knows of it, too, as of what is declared on itself. */
function recordPlace(name: string, metadataKey: string): MethodDecorator & ClassDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (descriptor === undefined) {
      const onClass = (Reflect.getOwnMetadata(DECLARED_ON_CLASS, target) ?? []) as string[];
      Reflect.defineMetadata(DECLARED_ON_CLASS, [...onClass, name], target);
      return;
    }
    const earlier = (Reflect.getOwnMetadata(DECLARED_METHODS, target) ?? []) as DeclaredMethod[];
    const method = descriptor.value as object;
    Reflect.defineMetadata(
      DECLARED_METHODS,
      [...earlier, { key: String(key), method, name, metadataKey }],
      target,
    );
  };
}

/** Lets everybody in; no access token is looked at. */
export const Public = () => access('@Public()', { kind: 'public' });

/** Lets in every caller with a valid access token, whatever its scopes. */
export const Authenticated = () => access('@Authenticated()', { kind: 'authenticated' });

/**
 * Lets in callers whose access token holds every listed scope (RFC 6750, 3.1: otherwise 403 `insufficient_scope`).
 * @example `@Scopes('read:reports')`
 */
export const Scopes = (...scopes: [Permission, ...Permission[]]) =>
  access(`@Scopes(${scopes.join(', ')})`, { kind: 'scopes', mode: 'all', scopes });

/** Lets in callers whose access token holds at least one of the listed scopes. */
export const AnyScope = (...scopes: [Permission, ...Permission[]]) =>
  access(`@AnyScope(${scopes.join(', ')})`, { kind: 'scopes', mode: 'any', scopes });

/**
 * Names scopes that let nobody in or out, but that widen what a route does for callers who hold them. It enforces
 * nothing: the handler asks `principal.scopes`. Documentation, metadata and the manifest tell of them.
 *
 * @example `@Scopes('read:reports') @OptionalScopes('read:all_reports')`, for a list that takes `?owner=`
 */
export const OptionalScopes = (...scopes: [Permission, ...Permission[]]) =>
  applyDecorators(
    SetMetadata(OPTIONAL_SCOPES, Object.freeze(scopes)),
    recordPlace(`@OptionalScopes(${scopes.join(', ')})`, OPTIONAL_SCOPES),
  );

/** Adds a condition to those that the target has, on a method or on a class for all of its methods. */
function condition(name: string, conditions: AccessConditions): MethodDecorator & ClassDecorator {
  const add = (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const holder = (descriptor?.value ?? target) as object;
    // Those of a class that it extends included: who adds a condition does not mean to take another away.
    const earlier = (Reflect.getMetadata(ACCESS_CONDITIONS, holder) ?? {}) as AccessConditions;
    Reflect.defineMetadata(ACCESS_CONDITIONS, { ...earlier, ...conditions }, holder);
  };
  return applyDecorators(add, recordPlace(name, ACCESS_CONDITIONS));
}

/**
 * Lets in callers whose user has logged in recently, or in a certain way, as the token's `auth_time` and `acr` say; others
 * get 401 `insufficient_user_authentication`, which says how to log in again (RFC 9470). It is judged at every request, and
 * stands beside the decorator that says who may call. Applications that call for themselves have no login, so they are
 * never let in.
 *
 * @example `@Scopes('delete:expenses') @StepUp({ maxAge: 300 })`
 */
export const StepUp = (stepUp: StepUpOptions) =>
  condition('@StepUp()', { stepUp: Object.freeze({ ...stepUp }) });

/**
 * Refuses tokens by which somebody acts for the subject (the claim `act`, RFC 8693, 4.1): 403 `delegated_token`. Stands
 * beside the decorator that says who may call.
 */
export const Direct = () => condition('@Direct()', { direct: true });

/**
 * Refuses tokens that whoever has them can use: they must be bound to a key that the sender proves to hold (DPoP, RFC 9449)
 * or to a TLS client certificate (RFC 8705), whatever the settings allow elsewhere. Else 401. Stands beside the decorator
 * that says who may call.
 */
export const SenderConstrained = () => condition('@SenderConstrained()', { senderConstrained: true });

/** Injects the caller's `Principal` into a handler of a route that is not public. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal =>
    context.switchToHttp().getRequest<{ user: Principal }>().user,
);
