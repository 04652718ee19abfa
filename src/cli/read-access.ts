import { ApplicationConfig, ModulesContainer, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../app.module.js';
import { createAdapter } from '../app.js';
import { AccessRules } from '../auth/index.js';
import { loadConfiguration } from '../config/config.module.js';

/** What must be set, and has no influence on who may call what. */
const ANY_SETTINGS = {
  ISSUER_BASE_URL: 'https://issuer.example.com',
  ALLOWED_AUDIENCES: 'https://api.example.com',
};

/**
 * The access rules of the whole application, read from its decorators. Nothing of it is created (Nest's preview mode),
 * so neither settings nor database nor issuer are needed.
 *
 * @param others modules beside the usual ones, for tests
 * @throws InvalidAccessDeclarations
 */
export async function readAccess(others?: Parameters<typeof AppModule.forRoot>[1]): Promise<AccessRules> {
  const configuration = await loadConfiguration(ANY_SETTINGS);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(configuration, others),
    createAdapter(configuration.environment),
    { preview: true, logger: false, abortOnError: false },
  );
  const rules = new AccessRules(app.get(ModulesContainer), app.get(ApplicationConfig));
  rules.read();
  return rules;
}
