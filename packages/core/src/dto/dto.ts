import { rulesByProperty, transformerMetadataKnown, validationRules } from './metadata';
import { copyWithLibrary, readWithLibraries, refuseAsyncValidators } from './libraries';
import { PlanCompiler } from './plan';
import type { Reader } from './readers';
import { DtoProblems } from './problems';
import { NotCompilable } from './shape';
import { isJsonObject, REJECTED } from './values';

export { DtoProblems } from './problems';
export type { DtoProblem } from './problems';

/** How a DTO class is read. */
export interface DtoOptions {
  /** What to do with keys the class does not declare. Default: `reject`. */
  unknownKeys?: 'reject' | 'strip';
}

/** Reads parsed JSON into instances of one class. */
export interface DtoPlan<T> {
  /** Returns a validated instance, or what is wrong with the input. Never throws for bad input. */
  read(plain: unknown): T | DtoProblems;
  /** False when class-transformer and class-validator read every input, at a tenth of the speed or less. */
  readonly compiled: boolean;
  /** Whether class-validator knows anything about the class. */
  readonly validated: boolean;
  /** Whether class-validator knows a property of that name. */
  declares(property: string): boolean;
}

/**
 * Compiles the decorators of class-validator and class-transformer on a class into a plan, once.
 *
 * A plan does what `plainToInstance` and then `validateSync` with a whitelist do. It accepts good input by itself; what
 * it does not accept, and classes with decorators it can't follow exactly, it leaves to the libraries, so that every
 * error text is theirs. Keys that could reach a prototype are unknown keys, always.
 *
 * A class without any validation decorator takes every key as it comes.
 *
 * Calls the constructor of the class, and each validator, once or more. Throws when a validator is asynchronous.
 *
 * @param dto the class; its constructor is called without arguments, for the defaults
 */
export function planDto<T extends object>(dto: new () => T, options: DtoOptions = {}): DtoPlan<T> {
  const unknownKeys = options.unknownKeys ?? 'reject';
  const validated = hasValidation(dto);
  if (validated) refuseAsyncValidators(dto);
  const fast = compile(dto, validated, unknownKeys);
  const slow = (plain: object) =>
    validated ? readWithLibraries(dto, plain, unknownKeys) : copyWithLibrary(dto, plain);

  const read = (plain: unknown): T | DtoProblems => {
    if (fast) {
      try {
        const instance = fast(plain);
        if (instance !== REJECTED) return instance as T;
      } catch {
        // A stack overflow, or a validator or constructor that threw: the libraries meet the same and report it.
      }
    }
    if (!isJsonObject(plain)) return notAnObject(dto);
    return hasTooManyKeys(plain) ? tooManyKeys(dto) : slow(plain);
  };
  const declares = (property: string): boolean => rulesByProperty(dto).has(property);
  return { read, compiled: fast !== undefined, validated, declares };
}

/** Whether class-validator knows anything about the class, inherited rules included. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- reflected parameter types are just that
export function hasValidation(dto: Function): boolean {
  return validationRules(dto as new () => object).length > 0;
}

function compile(dto: new () => object, validated: boolean, unknownKeys: 'reject' | 'strip'): Reader | undefined {
  if (!transformerMetadataKnown) return undefined;
  try {
    const compiler = new PlanCompiler(unknownKeys);
    return (validated ? compiler.validating(dto) : compiler.copying(dto)).read;
  } catch (error) {
    if (error instanceof NotCompilable) return undefined;
    throw error;
  }
}

/** class-transformer compares each key of an object with each other: a message of 1 MB could hold up the process for seconds. */
const MAX_KEYS = 500;

function hasTooManyKeys(plain: object): boolean {
  const waiting: unknown[] = [plain];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (typeof at !== 'object' || at === null) continue;
    const isList = Array.isArray(at);
    const values: unknown[] = isList ? (at as unknown[]) : Object.values(at);
    if (!isList && values.length > MAX_KEYS) return true;
    for (const value of values) if (typeof value === 'object' && value !== null) waiting.push(value);
  }
  return false;
}

function tooManyKeys(dto: new () => object): DtoProblems {
  return new DtoProblems([
    { property: '', rule: 'keys', message: `${dto.name} must not hold an object with more than ${MAX_KEYS} keys` },
  ]);
}

function notAnObject(dto: new () => object): DtoProblems {
  return new DtoProblems([{ property: '', rule: 'object', message: `${dto.name} must be a JSON object` }]);
}
