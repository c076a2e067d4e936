import type { DtoClass } from './metadata';

/** A class the plan can't follow exactly: the libraries read it. */
export class NotCompilable extends Error {}

/**
 * Makes sure that a fresh instance is an ordinary object whose properties can be assigned one by one. Calls the
 * constructor once.
 */
export function requirePlainClass(dto: DtoClass, { declared }: { declared?: ReadonlyMap<string, unknown> }): void {
  const sample = newInstance(dto);
  const ordinary =
    dto !== Object &&
    Object.getPrototypeOf(sample) === dto.prototype &&
    (sample as { constructor?: unknown }).constructor === dto &&
    Object.prototype.toString.call(sample) === '[object Object]' &&
    Object.isExtensible(sample);
  // An object with `then` or `push` is a promise or a collection to class-transformer.
  if (!ordinary || 'then' in sample || 'push' in sample) throw new NotCompilable(dto.name);

  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(sample))) {
    if (!property.writable || !property.enumerable) throw new NotCompilable(key);
    // An initialised property without a decorator is an unknown key to class-validator.
    if (declared && (!declared.has(key) || typeof property.value === 'function')) throw new NotCompilable(key);
  }
  for (const key of declared?.keys() ?? []) {
    // A method or an accessor: what an assignment does is up to the class.
    if (key in dto.prototype) throw new NotCompilable(key);
  }
}

/** Makes sure that no key of an input can run code: the prototypes hold methods, no accessors, no values. */
export function requirePlainPrototype(dto: DtoClass): void {
  let prototype: unknown = dto.prototype;
  while (typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype) {
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof property.value !== 'function') throw new NotCompilable(key);
    }
    prototype = Object.getPrototypeOf(prototype);
  }
}

function newInstance(dto: DtoClass): object {
  try {
    return new dto();
  } catch {
    throw new NotCompilable(dto.name);
  }
}
