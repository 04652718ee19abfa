import {
  Controller,
  Get,
  Header,
  Inject,
  NotFoundException,
  Param,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Public } from '../auth/index.js';
import { docsPage, pageStyle, docsPolicy, type PageSettings, startScript } from './docs.page.js';
import { problemsPage, problemsStyle } from './problems.page.js';
import { DocsService } from './docs.service.js';

/** Injection token of the `PageSettings`. */
export const PAGE_SETTINGS = Symbol('docs:page-settings');

/** The files of Swagger UI that the page is made of. */
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'oauth2-redirect.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
};
const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const REVALIDATE_DAILY = 'public, max-age=86400';

/**
 * The documentation of the API. It is open to everybody, in production, too: it says no more than the routes' own
 * answers, and whoever wants to call the API needs it.
 */
@ApiExcludeController()
@Controller('docs')
@Public()
export class DocsController {
  constructor(
    private readonly docs: DocsService,
    @Inject(PAGE_SETTINGS) private readonly settings: PageSettings,
  ) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  async page(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { tokenUrl } = await this.docs.endpoints();
    void reply.header('content-security-policy', docsPolicy(tokenUrl));
    return docsPage;
  }

  /** What each problem's `type` leads to. */
  @Get('problems')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
  problems(): string {
    return problemsPage();
  }

  @Get('problems.css')
  @Header('content-type', 'text/css; charset=utf-8')
  problemsStyle(): string {
    return problemsStyle;
  }

  @Get('json')
  @Header('content-type', 'application/json')
  json(): Promise<string> {
    return this.docs.json();
  }

  @Get('start.js')
  @Header('content-type', 'text/javascript')
  script(): string {
    return startScript(this.settings, this.docs.scopes);
  }

  @Get('page.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return pageStyle;
  }

  /** Where the issuer sends the window of the Authorize button; Swagger UI's script hands the code to the page. */
  @Get('oauth2-redirect.html')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; script-src 'self'; frame-ancestors 'none'")
  redirectPage(): string {
    return '<!doctype html><title>Authorized</title><script src="oauth2-redirect.js"></script>\n';
  }

  @Get(':file')
  @Header('cache-control', REVALIDATE_DAILY)
  file(@Param('file') name: string): StreamableFile {
    const type = Object.hasOwn(files, name) ? files[name] : undefined;
    if (type === undefined) throw new NotFoundException();
    return new StreamableFile(createReadStream(join(folder, name)), { type });
  }
}
