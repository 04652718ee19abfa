import {
  type ExecutionContext,
  Injectable,
  Logger,
  type OnModuleInit,
  type VersioningOptions,
} from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { isDeepStrictEqual } from 'node:util';
import {
  ACCESS,
  ACCESS_CONDITIONS,
  ACCESS_DECLARED_BY,
  type AccessConditions,
  type AccessRule,
  OPTIONAL_SCOPES,
} from './access.decorators.js';
import { readRoutes, type RouteHandler } from './access.routes.js';
import { misplacedDeclarations } from './misplaced.declarations.js';
import { readPermissions } from './permissions.catalogue.js';
import { isScopeToken, type PermissionDescriptions } from './permissions.js';
import { faultOfStepUp } from './step-up.js';

/**
 * Metadata key under which the method of a route names itself. What traces an application, as OpenTelemetry does, has Nest
 * call a function of its own with the metadata of the method, which by this is known for what it stands for.
 */
const ROUTE_METHOD = 'auth:route-method';

/** A route and who may call it. */
export interface Route extends RouteHandler {
  readonly rule: AccessRule;
  /** Scopes that nobody needs to be let in, but that widen what the route does; see `OptionalScopes`. */
  readonly optionalScopes: readonly string[];
}

/** Some access declarations are missing or contradict each other; the message lists them all. */
export class InvalidAccessDeclarations extends Error {
  override readonly name = 'InvalidAccessDeclarations';

  constructor(readonly faults: readonly string[]) {
    super(`The access declarations are not usable:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
  }
}

/**
 * Who may call which route, and what the permissions mean: read once at start from the decorators of all controllers
 * and the catalogues of all modules. Everything else that speaks of access is derived from here.
 */
@Injectable()
export class AccessRules implements OnModuleInit {
  private readonly rules = new Map<unknown, Map<unknown, AccessRule>>();
  private isRead = false;

  /** Every route, in the order of paths and methods. */
  routes: readonly Route[] = [];
  /** Every permission with its description, in alphabetical order. */
  permissions: PermissionDescriptions = {};
  /** Permissions that are described but that no route speaks of. */
  unusedPermissions: readonly string[] = [];

  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
  ) {}

  /** @throws InvalidAccessDeclarations, so that the application does not start */
  onModuleInit(): void {
    this.read();
    if (this.unusedPermissions.length > 0) {
      const names = this.unusedPermissions.join(', ');
      new Logger(AccessRules.name).warn(`Permissions that no route asks for: ${names}`);
    }
  }

  /** Reads the declarations, once. @throws InvalidAccessDeclarations */
  read(): void {
    if (this.isRead) return;
    const { permissions, faults: catalogueFaults } = readPermissions(this.modules);
    const faults = new Set([...catalogueFaults, ...misplacedDeclarations(this.modules)]);
    const routes: Route[] = [];
    for (const handler of readRoutes(this.modules, this.config)) {
      const route = this.withRule(handler);
      if (typeof route === 'string') faults.add(route);
      else routes.push(route);
    }
    this.routes = routes;
    this.permissions = permissions;
    this.unusedPermissions = Object.keys(permissions).filter((name) => !this.scopes.includes(name));
    for (const fault of this.undescribed()) faults.add(fault);
    if (faults.size > 0) throw new InvalidAccessDeclarations([...faults]);
    this.isRead = true;
  }

  /** The rule of the route that is being called; none for a route that was not there at start, and for messages. */
  of(context: ExecutionContext): AccessRule | undefined {
    if (context.getType() !== 'http') return undefined;
    const ofController = this.rules.get(context.getClass());
    const handler = context.getHandler();
    return ofController?.get(handler) ?? ofController?.get(Reflect.getMetadata(ROUTE_METHOD, handler));
  }

  /**
   * The rules of what the server registers as a route; more than one when the declarations do not tell which it is.
   *
   * @param methods that the server answers there
   * @param url as the server was given it
   * @param constraints what else selects the route
   * @param normalize makes of a declared path what the server is given
   */
  at(
    methods: readonly string[],
    url: string,
    constraints: Readonly<Record<string, unknown>> = {},
    normalize: (path: string) => string = (path) => path,
  ): readonly AccessRule[] {
    const atPath = this.routes.filter((route) => normalize(route.path) === url);
    const selected = atPath.filter((route) => isSelectedBy(route, constraints));
    const here = selected.length > 0 ? selected : registeredForAll(atPath, constraints);
    const exact = here.filter(({ method }) => methods.length === 1 && method === methods[0]);
    const others = here.filter(
      ({ method }) => method === 'ALL' || (method === 'GET' && methods.length === 1 && methods[0] === 'HEAD'),
    );
    return [...new Set((exact.length > 0 ? exact : others).map(({ rule }) => rule))];
  }

  /** The routes that are declared for a method, or `ALL`, at a path as a server was given it. */
  declaredFor(method: string, url: string, normalize: (path: string) => string): readonly Route[] {
    return this.routes.filter((route) => route.method === method && normalize(route.path) === url);
  }

  /** How the application tells versions of a route apart; nothing when it has none. */
  get versioning(): VersioningOptions | undefined {
    return this.config.getVersioning();
  }

  /** Every scope that some route asks for, in alphabetical order: without those of `@OptionalScopes`. */
  get requiredScopes(): readonly string[] {
    const scopes = this.routes.flatMap(({ rule }) => (rule.kind === 'scopes' ? rule.scopes : []));
    return [...new Set(scopes)].toSorted();
  }

  /** Every scope that some route speaks of, in alphabetical order. */
  get scopes(): readonly string[] {
    return [...new Set(this.routes.flatMap(scopesOf))].toSorted();
  }

  /** A route by several paths has one rule, so that whoever compares rules finds it to be the same. */
  private withRule(route: RouteHandler): Route | string {
    const { controller, handler } = route;
    const ofController = this.rules.get(controller) ?? new Map<unknown, AccessRule>();
    const read = readRule(route);
    if (typeof read === 'string') return read;
    const rule = ofController.get(handler) ?? read.rule;
    Reflect.defineMetadata(ROUTE_METHOD, handler, handler);
    this.rules.set(controller, ofController.set(handler, rule));
    return { ...route, ...read, rule };
  }

  /** An application that describes permissions describes all of them. */
  private undescribed(): string[] {
    if (Object.keys(this.permissions).length === 0) return [];
    return this.routes.flatMap((route) =>
      scopesOf(route)
        .filter((scope) => !Object.hasOwn(this.permissions, scope))
        .map((scope) => `${route.name} asks for ${scope}, which no module describes`),
    );
  }
}

function isSelectedBy({ version, constraints }: Route, given: Readonly<Record<string, unknown>>): boolean {
  return isDeepStrictEqual({ ...constraints, ...(version !== undefined && { version }) }, { ...given });
}

/**
 * For `@All()` Nest 11 registers the route without its version and constraints, so Fastify takes every request for it. Of
 * several it takes none, so what is registered at their path is somebody else's.
 */
function registeredForAll(
  routes: readonly Route[],
  given: Readonly<Record<string, unknown>>,
): readonly Route[] {
  const all = routes.filter(({ method }) => method === 'ALL');
  return all.length === 1 && Object.keys(given).length === 0 ? all : [];
}

function scopesOf({ rule, optionalScopes }: Pick<Route, 'rule' | 'optionalScopes'>): readonly string[] {
  return rule.kind === 'scopes' ? [...rule.scopes, ...optionalScopes] : optionalScopes;
}

/** A decorator on a method overrides the one on its class. What opens a class is not inherited, only what closes it. */
function readRule(route: RouteHandler): Omit<Route, keyof RouteHandler> | string {
  const { controller, handler, name } = route;
  const declaredBy = Reflect.hasMetadata(ACCESS, handler) ? handler : controller;
  const declarations = (Reflect.getMetadata(ACCESS_DECLARED_BY, declaredBy) ?? []) as string[];
  if (declarations.length === 0) return `${name} has no access declaration`;
  if (declarations.length > 1) return `${name} has ${declarations.join(' and ')}`;
  const rule = Reflect.getMetadata(ACCESS, declaredBy) as AccessRule;
  if (rule.kind === 'public' && !isPublicItself(route)) {
    return `${name} is public by a declaration of a class that ${controller.name} extends: ${controller.name} needs its own`;
  }
  // Every token holds all of none.
  if (rule.kind === 'scopes' && rule.scopes.length === 0)
    return `${name} has ${declarations[0]} without a scope`;
  const optionalScopes = (Reflect.getMetadata(OPTIONAL_SCOPES, handler) ??
    Reflect.getMetadata(OPTIONAL_SCOPES, declaredBy) ??
    []) as readonly string[];
  const misnamed = scopesOf({ rule, optionalScopes }).filter((scope) => !isScopeToken(scope));
  if (misnamed.length > 0) {
    return `${name} asks for ${JSON.stringify(misnamed[0])}, which cannot be the name of a permission: several are given one by one`;
  }
  const conditions = readConditions(controller, handler);
  if (rule.kind === 'public') {
    if (optionalScopes.length > 0)
      return `${name} has @Public() and @OptionalScopes(${optionalScopes.join(', ')})`;
    if ([declaredBy, handler].some((target) => Reflect.hasMetadata(ACCESS_CONDITIONS, target)))
      return `${name} has @Public() and a condition on its caller, who is not known there`;
    return { rule, optionalScopes };
  }
  const fault = conditions?.stepUp && faultOfStepUp(conditions.stepUp);
  if (fault !== undefined) return `${name} has ${fault}`;
  return { rule: conditions ? Object.freeze({ ...rule, ...conditions }) : rule, optionalScopes };
}

/** Whether the controller, or a method of its own, says that it is public. */
function isPublicItself({ controller, handler, isInherited }: RouteHandler): boolean {
  const targets = isInherited ? [controller] : [controller, handler];
  return targets.some(
    (target) => (Reflect.getOwnMetadata(ACCESS, target) as AccessRule | undefined)?.kind === 'public',
  );
}

/** Those of the class hold for all of its methods, and each method may add its own, or say another. */
function readConditions(controller: unknown, handler: unknown): AccessConditions | undefined {
  const declared = [controller, handler].map(
    (target) => Reflect.getMetadata(ACCESS_CONDITIONS, target as object) as AccessConditions | undefined,
  );
  const conditions = Object.assign({}, ...declared) as AccessConditions;
  return Object.keys(conditions).length > 0 ? conditions : undefined;
}
