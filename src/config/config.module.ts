import type { DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type Environment, parseEnvironment } from './environment.js';

/** The validated settings, and the module that gives them out as `ConfigService<Environment, true>`. */
export interface Configuration {
  readonly environment: Environment;
  readonly module: DynamicModule;
}

/**
 * Reads the settings from `.env` and the process environment, which wins.
 *
 * @param variables taken instead of both, for tests
 * @throws InvalidEnvironment
 */
export async function loadConfiguration(variables?: Record<string, string>): Promise<Configuration> {
  let environment: Environment | undefined;
  const module = await ConfigModule.forRoot({
    isGlobal: true,
    cache: true,
    skipProcessEnv: true,
    ignoreEnvFile: variables !== undefined,
    validate: (loaded) => {
      environment = parseEnvironment(variables ?? loaded, variables ? [] : namesInEnvFile());
      return environment;
    },
  });
  return { environment: environment as Environment, module };
}

/** The names of the lines of `.env`; undefined when there is no such file. */
function namesInEnvFile(): string[] | undefined {
  try {
    return Object.keys(parseEnv(readFileSync('.env', 'utf8').replace(/^\uFEFF/, '')));
  } catch {
    return undefined;
  }
}
