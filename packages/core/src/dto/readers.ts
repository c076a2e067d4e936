import type { DtoClass } from './metadata';
import type { Rule } from './rules';
import { convertItems, copyUntyped, isJsonObject, REJECTED } from './values';
import type { Converter } from './values';

/** Reads an input into an instance, or into REJECTED. */
export type Reader = (plain: unknown) => unknown;

/** A reader that may still be under construction: classes can refer to each other in a circle. */
export interface Slot {
  read: Reader;
}

/** How one declared property is read. */
export interface Property {
  readonly key: string;
  readonly nested: boolean;
  /** Whether numbers, strings and booleans need the converter too. */
  readonly scalar: boolean;
  readonly convert: Converter;
  readonly accepts: Rule;
}

/** Fills an instance with the declared properties and checks each. */
export function validatingReader(dto: DtoClass, properties: readonly Property[], rejectUnknown: boolean): Reader {
  return (plain) => {
    if (!isJsonObject(plain)) return REJECTED;
    const instance = new dto() as Record<string, unknown>;
    let known = 0;
    // Most inputs have all properties, in their order, and nothing else: to read what `for in` is at takes no lookup.
    for (const key in plain) {
      const property = properties[known];
      if (property?.key !== key) return readRest(properties, plain, instance, { known, rejectUnknown });
      if (!takes(property, plain[key], instance)) return REJECTED;
      known++;
    }
    if (known === properties.length) return instance;
    return readRest(properties, plain, instance, { known, rejectUnknown });
  };
}

/** Fills one property of an instance; false when the value is not accepted. */
function takes(property: Property, given: unknown, instance: Record<string, unknown>): boolean {
  const isConverted = property.scalar || (typeof given === 'object' && given !== null);
  const value = isConverted ? property.convert(given) : given;
  if (value === REJECTED) return false;
  instance[property.key] = value;
  return property.accepts(value);
}

/** Fills all but the first properties, in whatever order they come, with other keys between them. */
function readRest(
  properties: readonly Property[],
  plain: Record<string, unknown>,
  instance: Record<string, unknown>,
  { known, rejectUnknown }: { known: number; readonly rejectUnknown: boolean },
): unknown {
  for (let index = known; index < properties.length; index++) {
    const property = properties[index] as Property;
    const { key } = property;
    const given = plain[key];
    if (given !== undefined || Object.hasOwn(plain, key)) {
      if (!takes(property, given, instance)) return REJECTED;
      known++;
      continue;
    }
    const value = instance[key];
    // A default that holds instances was never converted, so nothing here has looked into it.
    if (property.nested && typeof value === 'object' && value !== null) return REJECTED;
    if (!property.accepts(value)) return REJECTED;
  }
  return rejectUnknown && hasMoreKeys(plain, known) ? REJECTED : instance;
}

/** Fills an instance with every key, checking nothing. */
export function copyingReader(dto: DtoClass, converters: ReadonlyMap<string, Converter>): Reader {
  return (plain) => {
    if (!isJsonObject(plain)) return REJECTED;
    const instance = new dto() as Record<string, unknown>;
    for (const key of Object.keys(plain)) {
      // Methods are not overwritten, and no key reaches a prototype.
      if (key === '__proto__' || key === 'constructor' || key === 'prototype') continue;
      if (typeof instance[key] === 'function') continue;
      const value = (converters.get(key) ?? copyUntyped)(plain[key]);
      if (value === REJECTED) return REJECTED;
      instance[key] = value;
    }
    return instance;
  };
}

/** Counting with `for in` allocates nothing, other than Object.keys. */
function hasMoreKeys(plain: object, known: number): boolean {
  let keys = 0;
  for (const _ in plain) keys++;
  return keys !== known;
}

/** class-validator goes into objects, and into arrays of any depth, but takes no null and no scalar for an instance. */
export function nestedConverter(slot: Slot): Converter {
  const convert: Converter = (value) => (Array.isArray(value) ? convertItems(value, convert) : slot.read(value));
  return convert;
}

/** Without validation whatever is no object stays as it is. */
export function copyingConverter(slot: Slot): Converter {
  const convert: Converter = (value) => {
    if (Array.isArray(value)) return convertItems(value, convert);
    return typeof value === 'object' && value !== null ? slot.read(value) : value;
  };
  return convert;
}
