import { DeclarationError } from '../errors';

/**
 * Throws when a decorator was written without parentheses: it is then called with the class, or with the prototype, that it
 * should be applied to, and nothing would come of it.
 *
 * @param given the first that the decorator was called with
 * @param example what might be in the parentheses
 * @param member the second that it was called with: a method's or a field's name, when it should be applied to one
 */
export function checkCalled(decorator: string, given: unknown, example = '', member?: unknown): void {
  const target = typeof given === 'function' ? given : prototypeOf(given);
  if (!target) return;
  const where = typeof member === 'string' ? `${target.name}.${member}` : target.name;
  throw new DeclarationError(`${where}: write @${decorator}(${example}) with parentheses`);
}

/** The class whose prototype something is; undefined for a plain object, a text, or nothing. */
function prototypeOf(given: unknown): { readonly name: string } | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { constructor: type } = given as { readonly constructor?: unknown };
  return typeof type === 'function' && type !== Object && type !== Array ? type : undefined;
}

/** The name of a decorated method or field. Throws when it is none of an instance, or has no plain name. */
export function memberName(prototype: object, name: string | symbol): string {
  if (typeof name === 'object') {
    throw new DeclarationError(
      `${String((name as { readonly name?: unknown }).name)}: the decorators are TypeScript's. Set "experimentalDecorators" and "emitDecoratorMetadata" to true in tsconfig.json`,
    );
  }
  if (typeof prototype === 'function') {
    throw new DeclarationError(
      `${(prototype as { readonly name: string }).name}.${String(name)} is static; a service's methods belong to its instances`,
    );
  }
  if (typeof name === 'symbol') {
    throw new DeclarationError(
      `${prototype.constructor.name}[${String(name)}] is named by a symbol; give the method a plain name`,
    );
  }
  return name;
}

/** The name of a decorated method. Throws when it is something else. */
export function methodName(decorator: string, prototype: object, given: string | symbol): string {
  const name = memberName(prototype, given);
  if (typeof Object.getOwnPropertyDescriptor(prototype, name)?.value !== 'function') {
    throw new DeclarationError(
      `${prototype.constructor.name}.${name} has @${decorator} and must be a method: not a field, nor a getter`,
    );
  }
  return name;
}
