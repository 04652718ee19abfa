import { Global, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Environment } from '../config/environment.js';
import { PROBLEM_DOCUMENTATION } from '../problems/problem.filter.js';
import { DocsController, PAGE_SETTINGS } from './docs.controller.js';
import type { PageSettings } from './docs.page.js';
import { DocsService } from './docs.service.js';

/**
 * Documentation at /docs, the OpenAPI description that it is made from at /docs/json, and what problems mean at
 * /docs/problems. Global, because every filter that answers a problem names that page.
 */
@Global()
@Module({
  controllers: [DocsController],
  providers: [
    DocsService,
    {
      provide: PAGE_SETTINGS,
      inject: [ConfigService],
      useFactory: (config: ConfigService<Environment, true>): PageSettings => ({
        clientId: config.get('DOCS_CLIENT_ID', { infer: true }),
        audience: String(config.get('ISSUERS', { infer: true })[0].audiences[0]),
      }),
    },
    {
      provide: PROBLEM_DOCUMENTATION,
      inject: [ConfigService],
      useFactory: (config: ConfigService<Environment, true>) =>
        `${config.get('BASE_URL', { infer: true })}/docs/problems`,
    },
  ],
  exports: [PROBLEM_DOCUMENTATION],
})
export class DocsModule {}
