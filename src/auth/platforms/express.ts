import { Logger } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { AnswerHead, AuthenticatedRequest } from '../authenticated-request.js';
import type { GuardedServer, RouteDecisions } from '../route.decisions.js';
import {
  type ExpressInstance,
  type ExpressLayer,
  type ExpressRequest,
  ExpressRoutes,
} from './express.routes.js';

type Request = AuthenticatedRequest &
  ExpressRequest & { readonly headers: Readonly<Record<string, unknown>> };
type Middleware = (request: Request, response: AnswerHead, next: (error?: unknown) => void) => void;

/** The names of middleware that reads bodies: of body-parser, which is Express's own, multer, and those named like them. */
const BODY_PARSER = /^(?!cookie)\w*parser$|^multermiddleware$/i;

/**
 * Has a decision made when the first body parser is about to read: the body of a refused request is left alone, and
 * the guard says the refusal where Nest asks it. So whatever else stands before a route, such as CORS, sees refused
 * requests as it did.
 */
export function guardExpress(adapter: AbstractHttpAdapter, decisions: RouteDecisions): GuardedServer {
  const express = adapter.getInstance<ExpressInstance>();
  const routes = new ExpressRoutes(adapter, decisions.rules);
  warnOfParsers(express.router.stack);

  const use = express.use.bind(express);
  const hold = (handler: unknown): unknown => {
    // Express takes lists of handlers, and lists of lists.
    if (Array.isArray(handler)) return handler.map(hold);
    if (hasStack(handler)) warnOfParsers(handler.stack);
    return isBodyParser(handler) ? heldBack(handler, routes, decisions) : handler;
  };
  express.use = (...handlers: unknown[]) => use(...handlers.map(hold));

  const listen = adapter.listen.bind(adapter) as (...parameters: unknown[]) => unknown;
  adapter.listen = (...parameters: unknown[]) => {
    decisions.assertAllGuarded();
    return listen(...parameters);
  };
  return { unguardedRoutes: () => routes.undeclared() };
}

/** A body parser that reads only what may be read. It keeps its name, by which Nest sees that there is one. */
function heldBack(parser: Middleware, routes: ExpressRoutes, decisions: RouteDecisions): Middleware {
  const held: Middleware = (request, response, next) => {
    const proceed = () => (request.refusal ? next() : parser(request, response, next));
    const pending = decideOnce(request, response, routes, decisions);
    if (pending) pending.then(proceed, next);
    else proceed();
  };
  return Object.defineProperty(held, 'name', { value: parser.name });
}

/** Leaves either `grantedRule` or `refusal` on a request with a body, if it is known where the request leads. */
function decideOnce(
  request: Request,
  response: AnswerHead,
  routes: ExpressRoutes,
  decisions: RouteDecisions,
): void | Promise<void> {
  if (!hasBody(request) || request.refusal || request.grantedRule) return undefined;
  const rule = decisions.ruleAmong(routes.rulesFor(request));
  if (!rule) return undefined;
  const refuse = (error: unknown) => {
    request.refusal = error as Error;
  };
  try {
    return decisions.decide(request, rule, response)?.catch(refuse);
  } catch (error) {
    return refuse(error);
  }
}

/** RFC 9112, 6.3. */
function hasBody({ headers }: Request): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function isBodyParser(handler: unknown): handler is Middleware {
  return typeof handler === 'function' && BODY_PARSER.test(handler.name);
}

/** Whether a handler is a router with handlers of its own. */
function hasStack(handler: unknown): handler is { readonly stack: readonly ExpressLayer[] } {
  return typeof handler === 'function' && 'stack' in handler && Array.isArray(handler.stack);
}

function warnOfParsers(stack: readonly ExpressLayer[]): void {
  for (const { handle } of stack) {
    if (hasStack(handle)) warnOfParsers(handle.stack);
    if (!isBodyParser(handle)) continue;
    new Logger('AuthModule').warn(
      `The body parser ${handle.name} reads the bodies of requests before it is known who sends them, since it was ` +
        "added to Express before Nest or in a router of its own: add it by the application's own use() or useBodyParser()",
    );
  }
}
