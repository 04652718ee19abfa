import { type ExecutionContext, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ACCESS, ACCESS_DECLARED_BY, type AccessRule } from './access.decorators.js';

type Handler = (...parameters: never[]) => unknown;

/** Some routes do not say, or say in contradictory ways, who may call them; the message lists them all. */
export class InvalidAccessDeclarations extends Error {
  override readonly name = 'InvalidAccessDeclarations';

  constructor(readonly faults: readonly string[]) {
    super(
      `Every route needs exactly one access declaration:\n${faults.map((fault) => `  ${fault}\n`).join('')}`,
    );
  }
}

/**
 * Who may call which route, read once at start from the decorators of all controllers. A decorator on a method
 * overrides the one on its class.
 */
@Injectable()
export class AccessRules implements OnModuleInit {
  private readonly rules = new Map<unknown, Map<unknown, AccessRule>>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** @throws InvalidAccessDeclarations, so that the application does not start */
  onModuleInit(): void {
    const faults: string[] = [];
    for (const { metatype } of this.discovery.getControllers()) {
      if (typeof metatype === 'function') faults.push(...this.readController(metatype as Type));
    }
    if (faults.length > 0) throw new InvalidAccessDeclarations(faults);
  }

  /** The rule of the route that is being called; none for a route that was not there at start. */
  of(context: ExecutionContext): AccessRule | undefined {
    return this.rules.get(context.getClass())?.get(context.getHandler());
  }

  /** Every scope that some route asks for, in alphabetical order. */
  get scopes(): readonly string[] {
    const scopes = new Set<string>();
    for (const handlers of this.rules.values()) {
      for (const rule of handlers.values()) if (rule.kind === 'scopes') rule.scopes.forEach((s) => scopes.add(s));
    }
    return [...scopes].toSorted();
  }

  private readController(controller: Type): string[] {
    const faults: string[] = [];
    const handlers = new Map<unknown, AccessRule>();
    for (const name of this.scanner.getAllMethodNames(controller.prototype as object)) {
      const handler = (controller.prototype as Record<string, Handler>)[name];
      if (!handler || !Reflect.hasMetadata(PATH_METADATA, handler)) continue;
      const declaredBy = Reflect.hasMetadata(ACCESS, handler) ? handler : controller;
      const names = (Reflect.getMetadata(ACCESS_DECLARED_BY, declaredBy) ?? []) as string[];
      if (names.length === 1) handlers.set(handler, Reflect.getMetadata(ACCESS, declaredBy) as AccessRule);
      else
        faults.push(
          `${controller.name}.${name} ${names.length === 0 ? 'has none' : `has ${names.join(' and ')}`}`,
        );
    }
    this.rules.set(controller, handlers);
    return faults;
  }
}
