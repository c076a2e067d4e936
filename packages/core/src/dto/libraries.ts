import { plainToInstance } from 'class-transformer';
import { validateSync, ValidationTypes } from 'class-validator';
import type { ValidationError, ValidationArguments } from 'class-validator';
import { nestedClasses, validationRules } from './metadata';
import type { DtoClass, ValidationRule } from './metadata';
import { DtoProblems } from './problems';
import type { DtoProblem } from './problems';
import { validatorsOf } from './rules';
import { isJsonObject, prototypeKeys, withoutPrototypeKeys } from './values';

/** Lets class-transformer and class-validator read the input. Never throws: what they throw is a problem of the input. */
export function readWithLibraries<T extends object>(
  dto: DtoClass<T>,
  plain: object,
  unknownKeys: 'reject' | 'strip',
): T | DtoProblems {
  const reject = unknownKeys === 'reject';
  try {
    const instance = plainToInstance(dto, withoutPrototypeKeys(plain));
    const options = { whitelist: true, forbidNonWhitelisted: reject, forbidUnknownValues: true };
    const problems = flatten(validateSync(instance, options), []);
    if (reject) addDroppedKeys([dto], plain, '', problems);
    return problems.length > 0 ? new DtoProblems(problems.slice(0, MAX_PROBLEMS)) : instance;
  } catch (error) {
    return unreadable(dto, error);
  }
}

/** How many problems of one message its sender is told of. */
const MAX_PROBLEMS = 100;

/** Lets class-transformer fill an instance of a class without validation. Never throws. */
export function copyWithLibrary<T extends object>(dto: DtoClass<T>, plain: object): T | DtoProblems {
  try {
    const clean = withoutPrototypeKeys(plain) as Record<string, unknown>;
    const { prototype: _, ...rest } = clean;
    return plainToInstance(dto, 'prototype' in clean ? rest : clean);
  } catch (error) {
    return unreadable(dto, error);
  }
}

function unreadable(dto: DtoClass, error: unknown): DtoProblems {
  const tooDeep = error instanceof RangeError && /call stack/i.test(error.message);
  const problem: DtoProblem = tooDeep
    ? { property: '', rule: 'depth', message: `${dto.name} is nested too deeply` }
    : { property: '', rule: 'unreadable', message: `${dto.name} could not be read` };
  return new DtoProblems([problem], error);
}

function flatten(errors: readonly ValidationError[], path: readonly string[]): DtoProblem[] {
  return errors.flatMap((error) => {
    // An object that class-validator knows nothing about is reported without a property: it is the one above.
    const here = (error.property as string | undefined) === undefined ? path : [...path, error.property];
    const own = Object.entries(error.constraints ?? {});
    const problems = own.map(([rule, message]) => ({ property: here.join('.'), rule, message }));
    return [...problems, ...flatten(error.children ?? [], here)];
  });
}

/** class-transformer drops some keys without a word; to the sender they are unknown keys like others. */
function addDroppedKeys(dtos: readonly DtoClass[], plain: unknown, path: string, problems: DtoProblem[]): void {
  if (Array.isArray(plain)) {
    plain.forEach((item, index) => addDroppedKeys(dtos, item, `${path}${index}.`, problems));
    return;
  }
  if (!isJsonObject(plain)) return;
  for (const key of new Set([...prototypeKeys(plain), ...methodKeys(dtos, plain)])) {
    const message = `property ${key} should not exist`;
    problems.push({ property: path + key, rule: ValidationTypes.WHITELIST, message });
  }
  for (const [property, classes] of mergedClasses(dtos)) {
    if (Object.hasOwn(plain, property)) addDroppedKeys(classes, plain[property], `${path}${property}.`, problems);
  }
}

/** Keys named like a method of each class, `toString` and its like included, that no class declares. */
function methodKeys(dtos: readonly DtoClass[], plain: object): string[] {
  return Object.keys(plain).filter((key) =>
    dtos.every(
      (dto) => isMethod(dto.prototype, key) && !validationRules(dto).some((rule) => rule.propertyName === key),
    ),
  );
}

/** Looks without asking: a getter would run. */
function isMethod(prototype: unknown, key: string): boolean {
  for (let at = prototype; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    const property = Object.getOwnPropertyDescriptor(at, key);
    if (property) return typeof property.value === 'function';
  }
  return false;
}

function mergedClasses(dtos: readonly DtoClass[]): Map<string, DtoClass[]> {
  const merged = new Map<string, DtoClass[]>();
  for (const dto of dtos) {
    for (const [property, classes] of nestedClasses(dto)) {
      merged.set(property, [...(merged.get(property) ?? []), ...classes]);
    }
  }
  return merged;
}

/**
 * Throws when a validator of the class, or of a class nested in it, is asynchronous: `validateSync` would skip it, and
 * the message would pass unchecked.
 */
export function refuseAsyncValidators(dto: DtoClass, seen = new Set<DtoClass>()): void {
  if (seen.has(dto)) return;
  seen.add(dto);
  for (const rule of validationRules(dto)) {
    if (!isAsync(rule)) continue;
    throw new Error(
      `${dto.name}.${rule.propertyName} has an asynchronous validator, but messages are validated synchronously. ` +
        'Make the validator synchronous, or do the check in the handler.',
    );
  }
  for (const classes of nestedClasses(dto).values()) classes.forEach((nested) => refuseAsyncValidators(nested, seen));
}

function isAsync(rule: ValidationRule): boolean {
  return validatorsOf(rule).some((validator) => {
    if (validator.async) return true;
    // The flag is easily forgotten, as `validate` works without; so the validator is asked once, for nothing.
    const { propertyName: property, constraints } = rule;
    const args: ValidationArguments = { targetName: '', property, constraints, object: {}, value: undefined };
    try {
      const answer: unknown = validator.instance.validate(undefined, args);
      if (typeof (answer as PromiseLike<unknown> | undefined)?.then !== 'function') return false;
      // The answer has no asker: its failure must not end the process.
      Promise.resolve(answer).catch(() => undefined);
      return true;
    } catch {
      return false;
    }
  });
}
