import type { Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import {
  ACCESS,
  DECLARED_METHODS,
  DECLARED_ON_CLASS,
  type DeclaredMethod,
  OPTIONAL_SCOPES,
} from './access.decorators.js';
import { MESSAGES, METHOD_METADATA } from './nest.internals.js';

/**
 * Access declarations that guard nothing, one sentence each: of methods that were replaced afterwards, of what is no
 * route, and of classes that are no controllers. To whoever reads the code they promise what nobody keeps.
 */
export function misplacedDeclarations(modules: ModulesContainer): string[] {
  const controllers = new Map<Type, unknown>();
  const others = new Set<Type>();
  for (const { controllers: own, providers, injectables } of modules.values()) {
    for (const { metatype, instance } of own.values()) controllers.set(metatype as Type, instance);
    for (const { metatype, isNotMetatype } of [...providers.values(), ...injectables.values()]) {
      if (!isNotMetatype) others.add(metatype as Type);
    }
  }
  return [
    ...[...controllers].flatMap(([type, instance]) =>
      misplacedIn(type).concat(guardlessIn(type), replacedIn(type, instance)),
    ),
    ...[...others].filter((type) => !controllers.has(type)).flatMap(misplacedOutside),
  ];
}

/** Declarations on methods of a controller. */
function misplacedIn(type: Type): string[] {
  return declaredMethods(type).flatMap(({ owner, key, method, name, metadataKey }) => {
    const at = `${type.name}.${key}`;
    if (typeof owner === 'function') return `${at} has ${name}, but is static, and so no route`;
    const own = Object(Object.getOwnPropertyDescriptor(owner, key)?.value) as object;
    if (own !== method && !Reflect.hasOwnMetadata(metadataKey, own)) {
      return `${at} loses ${name}: a decorator below it replaces the method, so write ${name} above that decorator`;
    }
    const called = (type.prototype as Record<string, object>)[key]!;
    if (called !== own) {
      const isLost =
        isRoute(called) && metadataKey !== OPTIONAL_SCOPES && !Reflect.hasOwnMetadata(ACCESS, called);
      return isLost ? `${at} loses ${name} of the method that it overrides: declare its access, too` : [];
    }
    if (isReachedByMessages(called)) return `${at} is reached by messages, where ${name} guards nothing`;
    return isRoute(called) ? [] : `${at} has ${name}, but is no route`;
  });
}

/** Handlers of messages in a controller whose class has a declaration, which does not hold for them. */
function guardlessIn(type: Type): string[] {
  const name = declarationOf(type);
  if (name === undefined) return [];
  const prototype = type.prototype as Record<string, object>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((key) => {
    const method = prototype[key]!;
    if (!isReachedByMessages(method) || Reflect.hasOwnMetadata(ACCESS, method)) return [];
    return `${type.name}.${key} is reached by messages, where ${name} of its class guards nothing`;
  });
}

/**
 * Routes that Nest does not find in the place where they were declared: it asks the instance for its class, and calls what
 * the constructor has put in the place of a method.
 */
function replacedIn(type: Type, instance: unknown): string[] {
  const { constructor } = type.prototype as object;
  if (constructor !== type) {
    return [
      `${type.name} is not the class of its instances, since a decorator has replaced it, which loses its declarations: ` +
        'have the decorator return a subclass',
    ];
  }
  const called = Object(instance ?? type.prototype) as Record<string, unknown>;
  const prototype = type.prototype as Record<string, object>;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .filter((key) => isRoute(prototype[key]!) && called[key] !== prototype[key])
    .map(
      (key) =>
        `${type.name}.${key} is replaced in the instance, as by bind(), which loses its declaration: leave it as it is, ` +
        'Nest calls it on the instance',
    );
}

/** Declarations in a class that is no controller, as a gateway or a resolver. */
function misplacedOutside(type: Type): string[] {
  const name = declarationOf(type);
  const reason = 'is no controller: it guards nothing there';
  return [
    ...(name === undefined ? [] : [`${type.name} has ${name}, but ${reason}`]),
    ...declaredMethods(type).map(
      (declared) => `${type.name}.${declared.key} has ${declared.name}, but ${reason}`,
    ),
  ];
}

function declarationOf(type: Type): string | undefined {
  return ((Reflect.getMetadata(DECLARED_ON_CLASS, type) ?? []) as string[])[0];
}

/** The methods of a class, and of those that it extends, on which access was declared; the owner of static ones is the class. */
function declaredMethods(type: Type): (DeclaredMethod & { readonly owner: object })[] {
  return [...ancestry(type.prototype as object), ...ancestry(type)].flatMap((owner) => {
    const declared = (Reflect.getOwnMetadata(DECLARED_METHODS, owner) ?? []) as DeclaredMethod[];
    return declared.map((one) => Object.assign({ owner }, one));
  });
}

/** An object, its prototype, and so on. */
function ancestry(object: object): readonly object[] {
  const next = Object.getPrototypeOf(object) as object | null;
  return next ? [object, ...ancestry(next)] : [object];
}

const isRoute = (method: object) => Reflect.hasOwnMetadata(METHOD_METADATA, method);
const isReachedByMessages = (method: object) =>
  MESSAGES.some(({ key }) => Reflect.hasOwnMetadata(key, method));
