import * as classValidator from 'class-validator';
import { fastRules } from './fast-rules';
import type { DtoClass, ValidationRule } from './metadata';

/** Whether a value satisfies a rule. */
export type Rule = (value: unknown) => boolean;

/** Names of the rules that class-validator itself brings: it exports one constant for each, such as IS_STRING. */
const libraryRules = new Set(
  Object.entries(classValidator)
    .filter(([name, value]) => typeof value === 'string' && name === name.toUpperCase())
    .map(([, value]) => value as unknown),
);

/** Looks at the value and nothing else: a validator that asks for its object leaves the plan by this error. */
class NeedsWholeObject extends Error {}

/**
 * The closed form of a rule, or undefined when only the libraries can apply it. What it accepts, class-validator
 * accepts; what it rejects is for class-validator to decide.
 */
export function closedRule(dto: DtoClass, metadata: ValidationRule): Rule | undefined {
  const single = singleRule(dto, metadata);
  return single && metadata.each ? eachOf(single) : single;
}

/** The validators behind a rule. Custom ones may have none when they were never registered. */
export function validatorsOf(metadata: ValidationRule) {
  return classValidator.getMetadataStorage().getTargetValidatorConstraints(metadata.constraintCls);
}

function singleRule(dto: DtoClass, metadata: ValidationRule): Rule | undefined {
  const [validator, ...others] = validatorsOf(metadata);
  if (!validator || others.length > 0 || validator.name !== metadata.name || !libraryRules.has(metadata.name)) {
    return undefined;
  }
  const instance = validator.instance;
  const args = valueOnlyArguments(dto, metadata);
  const real: Rule = (value) => Boolean(instance.validate(value, args));
  const fast = fastRules.get(validator.name);
  if (!fast || !saysAbout(instance, metadata).includes(fast.says)) return real;
  const closed = fast.make(metadata.constraints ?? [], real);
  return closed && agreesWith(real, closed) ? closed : real;
}

/** The default message: a custom validator may carry the name of a library's rule, but hardly its text too. */
function saysAbout(instance: classValidator.ValidatorConstraintInterface, metadata: ValidationRule): string {
  const args = { targetName: '', property: '', object: {}, value: '', constraints: metadata.constraints };
  return instance.defaultMessage?.(args) ?? '';
}

const probes: readonly unknown[] = [
  ...['', ' ', 'a', 'Ab1', '1', '-1', 'true', '12345678', '\u{1F600}', 'a\uFE0F', 'x'.repeat(300)],
  ...[0, 1, -1, 1.5, 7, 1000, NaN, Infinity, -Infinity, true, false, null, undefined],
  ...[{}, { a: 1 }, [], [1], ['a', 'a'], [1, 2, 3, 4, 5]],
];

/** A second look before a rule is trusted: on no probe may it accept what the validator rejects. */
function agreesWith(real: Rule, closed: Rule): boolean {
  try {
    return probes.every((probe) => !closed(probe) || real(probe));
  } catch {
    return false;
  }
}

function valueOnlyArguments(dto: DtoClass, metadata: ValidationRule): classValidator.ValidationArguments {
  return {
    targetName: dto.name,
    property: metadata.propertyName,
    constraints: metadata.constraints,
    get object(): object {
      throw new NeedsWholeObject();
    },
    get value(): unknown {
      throw new NeedsWholeObject();
    },
  };
}

/** `each: true` looks at the items of a collection, and at the value itself when it is none. */
function eachOf(rule: Rule): Rule {
  return (value) => {
    if (Array.isArray(value)) return value.every(rule);
    return !(value instanceof Set || value instanceof Map) && rule(value);
  };
}
