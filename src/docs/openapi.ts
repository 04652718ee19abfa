import type { INestApplication } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AccessRules } from '../auth/index.js';
import { documentAccess } from './document-access.js';

/** What people call this API. */
export const API_NAME = 'Expenses API';

/** Where the issuer authorizes clients (RFC 6749, 3). */
export interface AuthorizationEndpoints {
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
}

/** What the description of the API is made from. */
export interface DescribedApplication {
  readonly modules: ModulesContainer;
  readonly config: ApplicationConfig;
  readonly rules: AccessRules;
  /** Named in the challenges of the examples. */
  readonly resourceMetadataUrl?: string;
  /** Of the routes, where a proxy serves them under a path of its own; else empty. */
  readonly pathPrefix?: string;
}

/** The OpenAPI description of every route; what it says of access comes from the rules that the guards enforce. */
export function describeApi(
  { modules, config, rules, resourceMetadataUrl, pathPrefix }: DescribedApplication,
  endpoints: AuthorizationEndpoints,
): OpenAPIObject {
  const scopes = Object.fromEntries(rules.scopes.map((name) => [name, rules.permissions[name] ?? name]));
  const info = new DocumentBuilder()
    .setTitle(API_NAME)
    .setDescription('Expense reports. Every answer that is not a success is a problem (RFC 9457).')
    .setVersion('1')
    // On whatever host the description is read.
    .addServer(pathPrefix || '/')
    .addOAuth2({ type: 'oauth2', flows: { authorizationCode: { ...endpoints, scopes } } })
    .build();
  const document = SwaggerModule.createDocument(asApplication(modules, config), info);
  documentAccess(document, rules.routes, resourceMetadataUrl);
  return document;
}

/** The parts of an application that SwaggerModule looks at; a module of the application has only these. */
function asApplication(modules: ModulesContainer, config: ApplicationConfig): INestApplication {
  const container = { getModules: () => modules };
  return { container, config, getHttpAdapter: () => ({ getType: () => 'fastify' }) } as never;
}
