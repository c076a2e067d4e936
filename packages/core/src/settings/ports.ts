import { classOf, DeclarationError } from '../errors';
import type { Provided } from '../declaration/metadata';

/** What an object must be, for those who give it without types, or before its module was there. */
export interface Port<T> {
  /** With its article: `an interceptor`. */
  readonly is: string;
  /** Its methods. */
  readonly methods: readonly (keyof T & string)[];
  /** Whether one of them is enough. */
  readonly any?: boolean;
}

/**
 * The objects of a list of objects and classes. Throws when something in it is no such object.
 *
 * @param where what the list was given as, such as `Chat: interceptors`
 */
export function provideAll<T extends object>(
  where: string,
  given: readonly Provided<T>[] | undefined,
  port: Port<T>,
  provide: (provided: Provided<T>) => T,
): T[] {
  return listed(where, given, port).map((item, index) => {
    const object = provide(item);
    checkPort(`${where}[${index}]${classOf(item)}`, object, port);
    return object;
  });
}

/** The list itself, when all in it may be what is wanted: classes are not constructed. Throws when something can't. */
export function listed<T extends object>(
  where: string,
  given: readonly Provided<T>[] | undefined,
  port: Port<T>,
): readonly Provided<T>[] {
  if (given === undefined) return [];
  if (!isList(given)) throw new DeclarationError(`${where} must be a list: put it in brackets`);
  for (const [index, item] of (given as readonly unknown[]).entries()) {
    if (item === undefined)
      throw new DeclarationError(`${where}[${index}] is undefined; do two modules import each other?`);
    if (typeof item === 'function') continue;
    if (typeof item !== 'object' || item === null)
      throw new DeclarationError(`${where}[${index}] is ${JSON.stringify(item)}; give ${port.is}, or a class of one`);
    checkPort(`${where}[${index}]${classOf(item)}`, item as T, port);
  }
  return given;
}

/** Whether something is a list; what is in it stays to be seen. */
export function isList(given: unknown): boolean {
  return Array.isArray(given);
}

/** Throws when an object lacks the methods of a port. */
export function checkPort<T extends object>(where: string, object: T, { is, methods, any = false }: Port<T>): void {
  const missing = methods.filter((name) => typeof object[name] !== 'function');
  if (missing.length === 0 || (any && missing.length < methods.length)) return;
  const lacks = any ? `none of the methods ${methods.join(', ')}` : `no method ${missing.join(', ')}`;
  throw new DeclarationError(`${where} is not ${is}: it has ${lacks}`);
}

/** Throws unless something is a class whose objects have these methods. */
export function checkClass(where: string, given: unknown, is: string, methods: readonly string[]): void {
  if (given === undefined) return;
  if (typeof given !== 'function')
    throw new DeclarationError(`${where} is ${JSON.stringify(given)}; give a class of ${is}`);
  const prototype = given.prototype as Readonly<Record<string, unknown>> | undefined;
  const missing = methods.filter((name) => typeof prototype?.[name] !== 'function');
  if (missing.length > 0)
    throw new DeclarationError(`${where}: ${given.name} is no class of ${is}: it has no method ${missing.join(', ')}`);
}
