import { RequestMethod } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { METHODS } from 'node:http';
import type { AccessRule } from '../access/access.decorators.js';
import { METHOD_METADATA } from '../access/nest.internals.js';
import { type AccessRules, InvalidAccessDeclarations, type Route } from '../access/access.rules.js';

/** A layer of Express's router: a route, or middleware. No API of Express, so every one is looked at when it is added. */
export interface ExpressLayer {
  readonly handle: unknown;
  readonly route?: {
    readonly path: string;
    readonly methods: Readonly<Record<string, boolean>>;
    _handlesMethod(method: string): boolean;
  };
  match(path: string): unknown;
}

/** What is used of an Express application. */
export interface ExpressInstance {
  readonly router: { readonly stack: readonly ExpressLayer[] };
  use(...handlers: unknown[]): unknown;
}

/** What is used of a request of Express to find its route. */
export interface ExpressRequest {
  readonly method: string;
  /** Of `url`, as Express's router reads it. */
  readonly path: string;
  /** What was taken off `path` on the way to a handler that was added for a part of the paths. */
  readonly baseUrl: string;
  readonly app: { path(): string };
}

/** A route that a layer may be, and whether it takes a request of that method and path. */
interface Candidate {
  readonly rule: AccessRule;
  readonly isForHosts: boolean;
  readonly takes: (request: ExpressRequest) => boolean;
}

type Handler = (request: unknown, response: unknown, next: () => unknown) => unknown;
type VersionFilter = (handler: Handler, version: unknown, options: unknown) => Handler;

/** Layers with a path and methods that are Nest's middleware, which passes on what it gets, or its answer 404. */
const notRoutes = new WeakSet<ExpressLayer>();

const STRANGE =
  'Express keeps its routes otherwise than AuthModule knows it, so that it cannot tell which declaration is for which ' +
  'route: use another version of either';

/**
 * Knows where Express will take a request. Nest registers the routes of its controllers one by one by the methods of its
 * adapter, so each layer that one of them adds for a method of theirs belongs to that route; which layer a request comes to, Express's own
 * `match` says.
 */
export class ExpressRoutes {
  private readonly declared = new Map<ExpressLayer, readonly Candidate[]>();
  private readonly normalized = new Map<string, string>();
  private readonly express: ExpressInstance;

  constructor(
    private readonly adapter: AbstractHttpAdapter,
    private readonly rules: AccessRules,
  ) {
    this.express = adapter.getInstance();
    const members = adapter as unknown as Record<string, unknown>;
    for (const method of Object.keys(RequestMethod).filter((key) => Number.isNaN(Number(key)))) {
      const verb = method.toLowerCase();
      const register = members[verb];
      if (typeof register !== 'function') continue;
      members[verb] = (...parameters: unknown[]) => {
        const { result, added } = this.watch(() => register.apply(adapter, parameters) as unknown);
        // Others use the adapter, too: for routes past the controllers, and for settings of Express.
        if (!isOfController(parameters.at(-1)) && !this.isHiding()) return result;
        if (!added.some(isKnown)) throw new InvalidAccessDeclarations([STRANGE]);
        for (const layer of added) this.declare(layer, method, String(parameters[0]));
        return result;
      };
    }
    this.recordOthers();
  }

  /** The rules of the route that a request leads to: none when it leads to none, several when it cannot be told which. */
  rulesFor(request: ExpressRequest): readonly AccessRule[] {
    const path = pathOf(request);
    for (const layer of this.express.router.stack) {
      if (!layer.route || notRoutes.has(layer)) continue;
      if (!layer.route._handlesMethod(request.method) || !isMatch(layer, path)) continue;
      const candidates = this.declared.get(layer)?.filter(({ takes }) => takes(request));
      if (candidates?.length === 0) continue;
      // Only on its way will Express tell whether the host is right.
      if (candidates?.some(({ isForHosts }) => isForHosts)) return [];
      return [...new Set(candidates?.map(({ rule }) => rule))];
    }
    return [];
  }

  /** The routes that no controller declares, each as in `GET /metrics`. */
  undeclared(): string[] {
    return routesIn(this.express.router.stack)
      .filter((layer) => !this.declared.has(layer))
      .flatMap((layer) => methodsOf(layer).map((method) => `${method} ${layer.route!.path}`));
  }

  private declare(layer: ExpressLayer, method: string, url: string): void {
    const routes = this.rules.declaredFor(method, url, (path) => this.normalize(path));
    if (routes.length > 0)
      this.declared.set(
        layer,
        routes.map((route) => this.candidateOf(route)),
      );
  }

  private candidateOf({ rule, isForHosts, version }: Route): Candidate {
    const { versioning } = this.rules;
    if (version === undefined || !versioning) return { rule, isForHosts, takes: () => true };
    const adapter = this.adapter as unknown as { applyVersionFilter: VersionFilter };
    const filter = adapter.applyVersionFilter(() => true, version, versioning);
    return { rule, isForHosts, takes: (request) => filter(request, undefined, () => false) === true };
  }

  /** Nest warns of old spellings whenever a path is normalized. */
  private normalize(path: string): string {
    const known = this.normalized.get(path) ?? this.adapter.normalizePath(path);
    this.normalized.set(path, known);
    return known;
  }

  /** Whether Nest 11 puts functions without metadata around its handlers, since somebody wants to hear of their calls. */
  private isHiding(): boolean {
    return this.adapter.getOnRouteTriggered?.() !== undefined;
  }

  private recordOthers(): void {
    const { adapter } = this;
    const setNotFoundHandler = adapter.setNotFoundHandler.bind(adapter);
    adapter.setNotFoundHandler = (...parameters) => {
      const { added } = this.watch(() => setNotFoundHandler(...parameters));
      for (const layer of routesIn(added)) notRoutes.add(layer);
    };
    const create = adapter.createMiddlewareFactory.bind(adapter);
    adapter.createMiddlewareFactory = async (method) => {
      const register = await create(method);
      return (path, callback) => {
        const { result, added } = this.watch(() => register(path, callback));
        for (const layer of added) notRoutes.add(layer);
        return result;
      };
    };
  }

  /** Does something, and says which layers that added to the router. */
  private watch<T>(register: () => T): { result: T; added: readonly ExpressLayer[] } {
    const count = this.express.router.stack.length;
    const result = register();
    return { result, added: this.express.router.stack.slice(count) };
  }
}

/** Whether Nest has made a handler of a method, whose metadata it then has. */
function isOfController(handler: unknown): boolean {
  return typeof handler === 'function' && Reflect.hasMetadata(METHOD_METADATA, handler);
}

/** Whether a layer that was added for a route is one, with all that is asked of it later. */
function isKnown(layer: ExpressLayer): boolean {
  const { route } = layer;
  return (
    typeof layer.match === 'function' &&
    typeof route?.path === 'string' &&
    typeof route.methods === 'object' &&
    typeof route._handlesMethod === 'function'
  );
}

/** The path by which the router of the application finds a route, wherever in it the request is. */
function pathOf({ path, baseUrl, app }: ExpressRequest): string {
  const base = app.path();
  const mount = baseUrl.startsWith(base) ? baseUrl.slice(base.length) : '';
  // Express adds a slash where nothing else is left.
  return mount !== '' && path === '/' ? mount : mount + path;
}

/** A path that cannot be decoded matches nothing; Express answers it with 400. */
function isMatch(layer: ExpressLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}

/** The routes of an application on Express, however they were registered, in the order in which they are tried. */
export function expressRoutes({
  router,
}: Pick<ExpressInstance, 'router'>): { method: string; path: string }[] {
  return routesIn(router.stack).flatMap((layer) =>
    methodsOf(layer).map((method) => ({ method, path: layer.route!.path })),
  );
}

/** The layers that are routes, those of routers within included. */
function routesIn(stack: readonly ExpressLayer[]): readonly ExpressLayer[] {
  return stack.flatMap((layer) => {
    if (layer.route) return notRoutes.has(layer) ? [] : [layer];
    const { stack: inner } = Object(layer.handle) as { stack?: readonly ExpressLayer[] };
    return Array.isArray(inner) ? routesIn(inner) : [];
  });
}

function methodsOf({ route }: ExpressLayer): readonly string[] {
  const names = Object.keys(route?.methods ?? {});
  // Express's all() names every method, its router's all() none but `_all`.
  if (names.includes('_all') || names.length >= METHODS.length) return ['ALL'];
  return names.map((name) => name.toUpperCase());
}
