import { ConfigModule, type ConfigService } from '@nestjs/config';
import { type Environment, parseEnvironment } from './environment.js';

/**
 * Makes the validated settings available everywhere as `Config`.
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

/** Typed access to the settings, for the type of a constructor's argument that injects `ConfigService`. */
export type Config = ConfigService<Environment, true>;
