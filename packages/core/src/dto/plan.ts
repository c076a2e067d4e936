import { ValidationTypes } from 'class-validator';
import { hasTransformations, rulesByProperty, typeRules } from './metadata';
import type { DtoClass, TypeRule, ValidationRule } from './metadata';
import { closedRule } from './rules';
import type { Rule } from './rules';
import { copyingConverter, copyingReader, nestedConverter, validatingReader } from './readers';
import type { Property, Reader, Slot } from './readers';
import { NotCompilable, requirePlainClass, requirePlainPrototype } from './shape';
import { copyUntyped, REJECTED, scalarConverter } from './values';
import type { Converter } from './values';

/** Compiles one class and all it refers to. Throws {@link NotCompilable} when one of them needs the libraries. */
export class PlanCompiler {
  private readonly validated = new Map<DtoClass, Slot>();
  private readonly copied = new Map<DtoClass, Slot>();

  constructor(private readonly unknownKeys: 'reject' | 'strip') {}

  /** A reader that fills an instance with the declared properties and checks them. */
  validating(dto: DtoClass): Slot {
    return slotOf(this.validated, dto, () => this.compileValidating(dto));
  }

  /** A reader that only fills an instance, with every key there is. */
  copying(dto: DtoClass): Slot {
    return slotOf(this.copied, dto, () => this.compileCopying(dto));
  }

  private compileValidating(dto: DtoClass): Reader {
    const rules = rulesByProperty(dto);
    if (rules.size === 0) throw new NotCompilable('nothing to validate');
    if (hasTransformations(dto)) throw new NotCompilable('transformations');
    requirePlainClass(dto, { declared: rules });
    // Without unknown keys nothing but the declared properties is ever assigned.
    if (this.unknownKeys === 'strip') requirePlainPrototype(dto);
    const types = typeRules(dto);
    const properties = [...rules].map(([key, ofKey]) => this.property(dto, key, ofKey, types.get(key)));
    return validatingReader(dto, properties, this.unknownKeys === 'reject');
  }

  private property(dto: DtoClass, key: string, rules: readonly ValidationRule[], type?: TypeRule): Property {
    const of = (kind: string) => rules.filter((rule) => rule.type === kind);
    const conditions = of(ValidationTypes.CONDITIONAL_VALIDATION);
    const checks = [...of(ValidationTypes.IS_DEFINED), ...of(ValidationTypes.CUSTOM_VALIDATION)];
    const nested = of(ValidationTypes.NESTED_VALIDATION);
    const understood = conditions.length + checks.length + nested.length + of(ValidationTypes.WHITELIST).length;
    if (understood < rules.length || rules.some((rule) => rule.validateIf)) throw new NotCompilable(key);
    if (conditions.some((condition) => condition.name !== 'isOptional')) throw new NotCompilable(key);

    const closed = checks.map((check) => {
      const rule = closedRule(dto, check);
      if (!rule) throw new NotCompilable(key);
      return rule;
    });
    if (nested.length > 0) closed.push(isNestable);
    const accepts = conditions.length > 0 ? unlessMissing(allOf(closed)) : allOf(closed);
    return { key, nested: nested.length > 0, accepts, ...this.conversion(type, nested.length > 0) };
  }

  private conversion(rule: TypeRule | undefined, nested: boolean): Pick<Property, 'convert' | 'scalar'> {
    if (!rule) {
      // The libraries refuse an object whose class they can't know; let them say so.
      if (nested) throw new NotCompilable('nested without @Type');
      return { convert: copyUntyped, scalar: false };
    }
    const type = staticType(rule);
    const convert = scalarConverter(type);
    if (convert && nested) throw new NotCompilable('nested scalar');
    if (convert) return { convert, scalar: true };
    const slot = nested ? this.validating(type) : this.copying(type);
    return { convert: nested ? nestedConverter(slot) : copyingConverter(slot), scalar: false };
  }

  private compileCopying(dto: DtoClass): Reader {
    if (hasTransformations(dto)) throw new NotCompilable('transformations');
    requirePlainClass(dto, {});
    requirePlainPrototype(dto);
    const converters = new Map<string, Converter>();
    for (const [key, rule] of typeRules(dto)) converters.set(key, this.conversion(rule, false).convert);
    return copyingReader(dto, converters);
  }
}

function slotOf(slots: Map<DtoClass, Slot>, dto: DtoClass, compile: () => Reader): Slot {
  const known = slots.get(dto);
  if (known) return known;
  const slot: Slot = { read: () => REJECTED };
  slots.set(dto, slot);
  slot.read = compile();
  return slot;
}

/** The class a `@Type` always names. */
function staticType(rule: TypeRule): DtoClass {
  const { typeFunction, reflectedType, options } = rule;
  if (!typeFunction || typeFunction.length > 0 || options?.discriminator) throw new NotCompilable('dynamic type');
  const type = call(typeFunction);
  if (typeof type !== 'function') throw new NotCompilable('type not known');
  // The declared type decides into what an array is read: a Set, a Map, or some class of the user's.
  const plainly: unknown[] = [undefined, Object, Array, String, Number, Boolean, Date, type];
  if (!plainly.includes(reflectedType)) throw new NotCompilable('collection');
  return type as DtoClass;
}

function call(typeFunction: () => unknown): unknown {
  try {
    return typeFunction();
  } catch {
    // It names a class that does not exist yet, or wants to see a message: asked again for each input, then.
    return undefined;
  }
}

function isNestable(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null);
}

function unlessMissing(rule: Rule): Rule {
  return (value) => value === undefined || value === null || rule(value);
}

function allOf(rules: readonly Rule[]): Rule {
  const [first, second, third, ...rest] = rules;
  if (!first) return () => true;
  if (!second) return first;
  if (!third) return (value) => first(value) && second(value);
  const last = rest.length > 0 ? allOf([third, ...rest]) : third;
  return (value) => first(value) && second(value) && last(value);
}
