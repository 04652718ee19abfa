import { createTestApp as createApp, type TestApp, type TestAppOptions } from '../../src/testing/index.js';
import { ContractModule } from './contract.js';

/** The application as in `src/testing`, each of whose answers must be one that its OpenAPI description knows. */
export function createTestApp({ imports = [], ...options }: TestAppOptions): Promise<TestApp> {
  return createApp({ ...options, imports: [...imports, ContractModule] });
}
