import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { ProblemException } from '../../problems/problem.exception.js';
import { InvalidRequest } from '../auth.errors.js';
import { TOKEN_IN_BODY } from './bearer-token.js';

/**
 * A route whose configuration has `true` under this key takes forms: its handler gets the body as `URLSearchParams`.
 *
 * @example `@RouteConfig({ [TAKES_FORMS]: true })`
 */
export const TAKES_FORMS = 'auth:takes-forms';

const FORM = 'application/x-www-form-urlencoded';

/**
 * Reads forms on Fastify. On routes that take none it does so for one thing only: to say what is wrong with sending an
 * access token in a form (RFC 6750, 2.2); every other form is a 415 there. Express reads forms by itself, and the guard
 * finds a token in them.
 */
@Injectable()
export class FormBodies implements OnModuleInit {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  onModuleInit(): void {
    // None in an application of messages.
    const httpAdapter = this.adapterHost.httpAdapter as AbstractHttpAdapter | null;
    if (httpAdapter?.getType() !== 'fastify') return;
    // A plugin, at the root, is loaded after those that the application has registered, one of which may take forms.
    const plugin = Object.assign(readForms, { [Symbol.for('skip-override')]: true });
    void httpAdapter.getInstance<FastifyInstance>().register(plugin);
  }
}

function readForms(server: FastifyInstance, _options: unknown, done: () => void): void {
  // An application that takes forms has a parser of its own; the guard finds a token in what that parsed.
  if (!server.hasContentTypeParser(FORM)) {
    server.addContentTypeParser<string>(FORM, { parseAs: 'string' }, (request, form, parsed) => {
      const { [TAKES_FORMS]: isTaken } = request.routeOptions.config as { [TAKES_FORMS]?: boolean };
      if (isTaken) return parsed(null, new URLSearchParams(form));
      const hasToken = new URLSearchParams(form).has('access_token');
      parsed(
        hasToken
          ? new InvalidRequest(TOKEN_IN_BODY, 'elsewhere')
          : new ProblemException('unsupported_media_type'),
      );
    });
  }
  done();
}
