import { Type } from 'class-transformer';
import { getMetadataStorage, ValidationTypes } from 'class-validator';

/** A class whose instances are read from messages. */
export type DtoClass<T extends object = object> = new () => T;

/** What class-validator keeps of one decorator. */
export type ValidationRule = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** What class-transformer keeps of one `@Type`. */
export interface TypeRule {
  readonly typeFunction?: (...context: unknown[]) => unknown;
  readonly reflectedType: unknown;
  readonly options?: { readonly discriminator?: { readonly subTypes?: readonly { readonly value: unknown }[] } };
}

/** The part of class-transformer's own storage that is read here. */
interface TransformerStorage {
  readonly _typeMetadatas: Map<unknown, Map<string | undefined, TypeRule>>;
  readonly _transformMetadatas: Map<unknown, Map<string, unknown>>;
  findTransformMetadatas(target: DtoClass, property: string, direction: number): readonly unknown[];
  getExposedMetadatas(target: DtoClass): readonly unknown[];
  getExcludedProperties(target: DtoClass, direction: number): readonly unknown[];
  getStrategy(target: DtoClass): string;
}

/** TransformationType.PLAIN_TO_CLASS, a constant of class-transformer. */
const PLAIN_TO_CLASS = 0;

const storage = findTransformerStorage();

/** Whether the metadata of class-transformer can be read; without it the libraries do all the work. */
export const transformerMetadataKnown = storage !== undefined;

/** The rules of class-validator for the class, inherited ones included. */
export function validationRules(dto: DtoClass): readonly ValidationRule[] {
  return getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
}

/** The rules of each property. */
export function rulesByProperty(dto: DtoClass): Map<string, ValidationRule[]> {
  const byProperty = new Map<string, ValidationRule[]>();
  for (const rule of validationRules(dto)) {
    const rules = byProperty.get(rule.propertyName);
    if (rules) rules.push(rule);
    else byProperty.set(rule.propertyName, [rule]);
  }
  return byProperty;
}

/** The `@Type` of each property; a subclass's wins over its ancestor's. */
export function typeRules(dto: DtoClass): Map<string, TypeRule> {
  const types = new Map<string, TypeRule>();
  for (const owner of lineage(dto)) {
    for (const [property, rule] of storage?._typeMetadatas.get(owner) ?? []) {
      if (property !== undefined && !types.has(property)) types.set(property, rule);
    }
  }
  return types;
}

/** Whether anything but `@Type` decides how class-transformer fills the class. */
export function hasTransformations(dto: DtoClass): boolean {
  if (!storage) return true;
  if (storage.getStrategy(dto) !== 'none' || storage.getExposedMetadatas(dto).length > 0) return true;
  if (storage.getExcludedProperties(dto, PLAIN_TO_CLASS).length > 0) return true;
  for (const owner of lineage(dto)) {
    for (const property of storage._transformMetadatas.get(owner)?.keys() ?? []) {
      if (storage.findTransformMetadatas(dto, property, PLAIN_TO_CLASS).length > 0) return true;
    }
  }
  return false;
}

/** The classes whose instances a `@ValidateNested` property may hold, for each such property. */
export function nestedClasses(dto: DtoClass): Map<string, DtoClass[]> {
  const types = typeRules(dto);
  const nested = new Map<string, DtoClass[]>();
  for (const rule of validationRules(dto)) {
    const type = types.get(rule.propertyName);
    if (rule.type === ValidationTypes.NESTED_VALIDATION && type) nested.set(rule.propertyName, possibleClasses(type));
  }
  return nested;
}

function possibleClasses(type: TypeRule): DtoClass[] {
  const candidates = (type.options?.discriminator?.subTypes ?? []).map((subType) => subType.value);
  try {
    candidates.push(type.typeFunction?.({ newObject: {}, object: {}, property: '' }) ?? type.reflectedType);
  } catch {
    // A function that looks into the message can't be asked before there is one.
  }
  return candidates.filter((candidate): candidate is DtoClass => typeof candidate === 'function');
}

/** The class and its ancestors, nearest first. */
function lineage(dto: DtoClass): unknown[] {
  const owners: unknown[] = [];
  for (let owner: unknown = dto; typeof owner === 'function'; owner = Object.getPrototypeOf(owner)) owners.push(owner);
  return owners;
}

/**
 * class-transformer does not export its storage, so it is taken from the file that holds it. A bundler may leave two
 * copies of the library in one program; a probe tells whether this one is the one that decorators write to.
 */
function findTransformerStorage(): TransformerStorage | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- no types there, and an import could not fail softly
    const found = require('class-transformer/cjs/storage') as { defaultMetadataStorage: TransformerStorage };
    class Probe {}
    Type(() => Probe)(Probe.prototype, 'probe');
    const candidate = found.defaultMetadataStorage;
    const seen = candidate._typeMetadatas.delete(Probe) && candidate._transformMetadatas instanceof Map;
    return seen ? candidate : undefined;
  } catch {
    return undefined;
  }
}
