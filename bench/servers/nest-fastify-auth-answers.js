import { randomUUID } from 'node:crypto';
import { libraryOfApi, ofApi } from '../lib/installation.js';
import { start as startModule } from './nest-fastify-auth.js';

const { CurrentPrincipal } = await ofApi('auth/index.js');
const { listQuery } = await ofApi('expenses/expenses.query.js');
const { SECURITY_HEADERS } = await ofApi('http/security-headers.js');
const { Query, StandardSchemaValidationPipe } = await libraryOfApi('@nestjs/common');
const { APP_PIPE } = await libraryOfApi('@nestjs/core');
const { FastifyAdapter } = await libraryOfApi('@nestjs/platform-fastify');

/** How long a connection may be silent while an answer is on its way, in milliseconds. */
const INACTIVITY_MS = 60_000;

/**
 * The application of nest-fastify-auth.js with what every answer of an API needs beside, each done in the shortest way that
 * Nest and Fastify have: an id and headers of security, a query that is validated, the caller's own rows read by
 * an asynchronous call and copied to what clients see, the end of every request known, silent connections closed. The
 * least that this can cost.
 */
export function start(options) {
  class ExpensesController {
    async list(principal, query) {
      const rows = await rowsOf(principal.account, query);
      return rows.map(({ id, date, description, value, currency, category, createdAt, updatedAt }) => {
        return { id, date, description, value, currency, category, createdAt, updatedAt };
      });
    }
  }
  const rowsOf = async () => options.expenses;
  const adapter = new FastifyAdapter({ connectionTimeout: INACTIVITY_MS, genReqId: () => randomUUID() });
  let ended = 0;
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    reply.raw.on('close', () => {
      ended += 1;
    });
    reply.header('x-request-id', request.id).header('vary', 'accept').headers(SECURITY_HEADERS);
    done();
  });
  return startModule(options, {
    controller: ExpensesController,
    parameters: [CurrentPrincipal(), Query({ schema: listQuery })],
    providers: [{ provide: APP_PIPE, useClass: StandardSchemaValidationPipe }],
    adapter,
  });
}
