/** The plan does not accept the value. It says nothing about why: class-validator does. */
export const REJECTED: unique symbol = Symbol('rejected');

/** Turns one value of the input into what the instance holds, or {@link REJECTED}. */
export type Converter = (value: unknown) => unknown;

/** An object as JSON.parse makes them: no array, no Map, no instance of a class. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) return true;
  // An object of another realm (a vm context) has another Object.prototype, which is a root all the same.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty');
}

/** Applies the converter to each item, as class-transformer does whatever the declared type. */
export function convertItems(items: readonly unknown[], convert: Converter): unknown {
  const converted: unknown[] = [];
  for (const item of items) {
    // JSON has no undefined: a hole or a foreign codec, which the libraries treat in their own ways.
    if (item === undefined) return REJECTED;
    const value = convert(item);
    if (value === REJECTED) return REJECTED;
    converted.push(value);
  }
  return converted;
}

/** The deep copy class-transformer makes of values without a declared type. */
export function copyUntyped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return convertItems(value, copyUntyped);
  if (!isJsonObject(value)) return REJECTED;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    // class-transformer drops `__proto__`, `constructor` and whatever would hide a method of Object.prototype.
    if (key in Object.prototype) continue;
    const converted = copyUntyped(value[key]);
    if (converted === REJECTED) return REJECTED;
    copy[key] = converted;
  }
  return copy;
}

/** The conversion of `@Type(() => String)` and its like. */
export function scalarConverter(type: unknown): Converter | undefined {
  const make = scalarMakers.get(type);
  if (make === undefined) return undefined;
  const convert: Converter = (value) => {
    if (value === null || value === undefined) return value;
    if (Array.isArray(value)) return convertItems(value, convert);
    // `String({})` and `new Date({})` run code found in the input's shape; rare enough for the libraries.
    return typeof value === 'object' ? REJECTED : make(value);
  };
  return convert;
}

const scalarMakers = new Map<unknown, Converter>([
  [String, String],
  [Number, Number],
  [Boolean, Boolean],
  [Date, (value) => new Date(value as string | number)],
]);

/** Keys with which an input could reach a prototype. Never copied, whatever the class says. */
const PROTOTYPE_KEYS = ['__proto__', 'constructor'] as const;

/** The own keys of the input that could reach a prototype. */
export function prototypeKeys(value: object): string[] {
  return PROTOTYPE_KEYS.filter((key) => Object.hasOwn(value, key));
}

/**
 * The same value without keys that could reach a prototype, at any depth. Not a copy when there is none of them.
 *
 * class-transformer skips these keys when it copies, but reads `value.constructor` to guess a type and keeps what it
 * finds there in a global map: an input with that key would throw at best and fill the memory at worst.
 */
export function withoutPrototypeKeys(value: unknown): unknown {
  if (Array.isArray(value)) {
    const clean: unknown[] = value.map(withoutPrototypeKeys);
    return clean.some((item, index) => item !== value[index]) ? clean : value;
  }
  if (!isJsonObject(value)) return value;
  let changed = prototypeKeys(value).length > 0;
  const clean: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if ((PROTOTYPE_KEYS as readonly string[]).includes(key)) continue;
    clean[key] = withoutPrototypeKeys(value[key]);
    changed ||= clean[key] !== value[key];
  }
  return changed ? clean : value;
}
