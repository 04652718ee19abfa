import type { ModulesContainer } from '@nestjs/core';
import { type PermissionDescriptions, PERMISSIONS } from './permissions.js';

/** What all modules declared together, and what is wrong with it. */
export interface PermissionCatalogue {
  /** In alphabetical order. */
  readonly permissions: PermissionDescriptions;
  readonly faults: readonly string[];
}

/** Puts together the catalogues that modules handed to `AuthModule.forFeature`; a permission described by two is a fault. */
export function readPermissions(modules: ModulesContainer): PermissionCatalogue {
  const catalogues = new Set<PermissionDescriptions>();
  for (const { providers } of modules.values()) {
    const wrapper = providers.get(PERMISSIONS);
    if (wrapper) catalogues.add(wrapper.instance as PermissionDescriptions);
  }
  const entries = [...catalogues].flatMap(Object.entries<string>);
  const names = entries.map(([name]) => name);
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return {
    permissions: Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    faults: [...repeated].map((name) => `The permission ${name} is described twice`),
  };
}
