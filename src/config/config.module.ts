import { ConfigModule } from '@nestjs/config';
import { type Environment, parseEnvironment } from './environment.js';

/**
 * Makes the validated settings available everywhere as `ConfigService<Environment, true>`.
 *
 * @param variables taken instead of the process environment and `.env`, for tests
 * @throws InvalidEnvironment
 */
export function configModule(variables?: Record<string, string>): ReturnType<typeof ConfigModule.forRoot> {
  return ConfigModule.forRoot({
    isGlobal: true,
    cache: true,
    skipProcessEnv: true,
    ignoreEnvFile: variables !== undefined,
    validate: (loaded): Environment => parseEnvironment(variables ?? loaded),
  });
}

export type { Environment } from './environment.js';
