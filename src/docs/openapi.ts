import type { INestApplication } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AccessRules, Route } from '../auth/index.js';
import { publicPath } from '../http/public-path.js';
import { type AccessSettings, documentAccess } from './document-access.js';
import { documentForm } from './document-form.js';
import { documentHeaders } from './document-headers.js';
import { documentProblems } from './document-problems.js';
import { problemSchema } from './problem.schema.js';

/** What people call this API. */
export const API_NAME = 'Expenses API';

const DESCRIPTION = `Expense reports. Every answer that is not a success is a problem (RFC 9457): its \`code\` is for programs,
and \`detail\` and \`errors\` are for people. A path that is there for other methods answers 405 with \`Allow\`.`;

const TAGS = {
  Expenses: 'Single expenses, and lists and files of them',
  Reports: 'Sums of expenses per currency',
  Health: 'What supervisors and balancers ask',
};

/** Where the issuer authorizes clients (RFC 6749, 3). */
export interface AuthorizationEndpoints {
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
}

/** What the description of the API is made from. */
export interface DescribedApplication extends AccessSettings {
  readonly modules: ModulesContainer;
  readonly config: ApplicationConfig;
  readonly rules: AccessRules;
  /** Named in the challenges of the examples. */
  readonly resourceMetadataUrl?: string;
  /** What clients must put before every scope when they ask the issuer for it. */
  readonly scopePrefix?: string;
  /** Where clients reach the API. Behind a proxy that serves it under a path, with that path. */
  readonly baseUrl?: string;
  /** The page that explains the codes of problems. */
  readonly documentationUrl?: string;
}

/** The OpenAPI description of every route; what it says of access comes from the rules that the guards enforce. */
export function describeApi(
  application: DescribedApplication,
  endpoints: AuthorizationEndpoints,
): OpenAPIObject {
  const { modules, config, rules, baseUrl, scopePrefix = '', takesProofs = false } = application;
  const scopes = Object.fromEntries(
    rules.scopes.map((name) => [scopePrefix + name, rules.permissions[name] ?? name]),
  );
  const routes = rules.routes.map((route) => withScopesToAskFor(route, scopePrefix));
  const info = new DocumentBuilder()
    .setTitle(API_NAME)
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    // On whatever host the description is read.
    .addServer((baseUrl && publicPath(baseUrl, '')) || '/', 'The host that this description comes from')
    .addOAuth2({ type: 'oauth2', flows: { authorizationCode: { ...endpoints, scopes } } });
  if (baseUrl) info.addServer(baseUrl, 'The address that clients are told');
  for (const [name, description] of Object.entries(TAGS)) info.addTag(name, description);
  const document = SwaggerModule.createDocument(asApplication(modules, config), info.build());
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problemSchema },
  };
  documentForm(document);
  documentAccess(document, routes);
  documentProblems(document, { ...application, routes });
  documentHeaders(document, routes, takesProofs);
  return document;
}

/** A route whose scopes are written as clients must ask for them. */
function withScopesToAskFor(route: Route, prefix: string): Route {
  const { rule, optionalScopes } = route;
  const written = (scopes: readonly string[]) => scopes.map((scope) => prefix + scope);
  return {
    ...route,
    rule: rule.kind === 'scopes' ? { ...rule, scopes: written(rule.scopes) } : rule,
    optionalScopes: written(optionalScopes),
  };
}

/** The parts of an application that SwaggerModule looks at; a module of the application has only these. */
function asApplication(modules: ModulesContainer, config: ApplicationConfig): INestApplication {
  const container = { getModules: () => modules };
  return { container, config, getHttpAdapter: () => ({ getType: () => 'fastify' }) } as never;
}
