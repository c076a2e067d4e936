import { DeclarationError } from '../errors';
import type { Wanted } from './kinds';
import { didYouMean } from './nearest';
import { checkPort, listed, type Port } from './ports';
import { shown } from './shown';

/**
 * Throws a `DeclarationError` when what was given as an option can't be used. It is not asked about what is undefined.
 *
 * @param where the option, and before it what it was given to: `serve: port`
 */
export type Check = (where: string, given: unknown) => void;

/** What each option must be. A record, so that the compiler notices one that is missing. */
export type Checks<T> = { readonly [K in keyof T]-?: Check };

/** For what is checked where it is used. */
export const checkedElsewhere: Check = () => undefined;

/** Says what an option is, and what it must be. */
export function refuseOption(where: string, given: unknown, wanted: string): never {
  throw new DeclarationError(`${where} is ${shown(given)}; it must be ${wanted}`);
}

export function must(wanted: Wanted): Check {
  return (where, given) => {
    if (!wanted.accepts(given)) refuseOption(where, given, wanted.wanted);
  };
}

/** A text that is not empty. */
export function mustBeText(wanted: string): Check {
  return must({ wanted, accepts: (value) => typeof value === 'string' && value !== '' });
}

/** An object with the methods of a port; a class of such objects is none. */
export function mustBe<T extends object>(port: Port<T>, example: string): Check {
  return (where, given) => {
    if (typeof given !== 'object' || given === null) refuseOption(where, given, `${port.is}, such as ${example}`);
    checkPort(where, given as T, port);
  };
}

/** A list of objects with the methods of a port, and of classes, which are not constructed. */
export function mustList<T extends object>(port: Port<T>): Check {
  return (where, given) => void listed(where, given as readonly T[], port);
}

/** An object. What it is instead is not said: it may be a secret. */
export function mustBeObject(example: string): Check {
  return (where, given) => {
    if (!isObject(given)) throw new DeclarationError(`${where} must be an object, such as ${example}`);
  };
}

/** An object that has no options but these. */
export function mustHave(checks: Readonly<Record<string, Check>>, example: string): Check {
  const checkObject = mustBeObject(example);
  return (where, given) => {
    checkObject(where, given);
    checkEach(where, given as object, checks);
  };
}

/** Throws when an object has an option that there is not, or that can't be used. */
export function checkEach(where: string, given: object, checks: Readonly<Record<string, Check>>): void {
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) {
      const names = Object.keys(checks);
      const mend = didYouMean(name, names) ?? `known are ${names.join(', ')}`;
      throw new DeclarationError(`${where}: there is no option "${name}"; ${mend}`);
    }
    if (value !== undefined) check(`${where}: ${name}`, value);
  }
}

/** Whether something is an object with names and values, and not a list. */
export function isObject(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}
