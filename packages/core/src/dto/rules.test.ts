import * as rules from 'class-validator';
import { planDto } from './dto';
import { fastRules } from './fast-rules';
import { validationRules } from './metadata';
import type { DtoClass } from './metadata';
import { closedRule, validatorsOf } from './rules';

enum Color {
  Red = 'red',
  Blue = 'blue',
}

/** A class with one property, `value`, decorated as given. */
function classWith(...decorators: PropertyDecorator[]): DtoClass {
  class Single {
    value?: unknown;
  }
  decorators.forEach((decorate) => decorate(Single.prototype, 'value'));
  return Single;
}

const values: unknown[] = [
  ...['', ' ', 'a', 'ab', 'abc', 'abcd', 'red', 'xyz', '12', 'x'.repeat(20), '\u{1F600}', '\u{1F600}\uFE0F\u{1F600}'],
  ...['a\uFE0Fb', '\uD83D', 'a@b.co', '0b3ff1c0-32b7-4d3c-b0f4-2d8a5a1d6f00', '2026-01-02', 'https://example.org'],
  ...[0, -0, 1, 2, 3, -1, 1.5, 0.1, 1e21, 1e-7, true, false, null, {}, { a: 1 }, [], [1], ['a', 'b'], [1, 1, 1, 1]],
  ...[['red', 'blue'], [null], [['a']], [{}]],
];

const fast: [string, string, PropertyDecorator, unknown][] = [
  ['IsDefined', 'isDefined', rules.IsDefined(), 1],
  ['IsNotEmpty', 'isNotEmpty', rules.IsNotEmpty(), 'a'],
  ['IsString', 'isString', rules.IsString(), 'a'],
  ['IsBoolean', 'isBoolean', rules.IsBoolean(), true],
  ['IsInt', 'isInt', rules.IsInt(), 1],
  ['IsNumber', 'isNumber', rules.IsNumber(), 1.5],
  ['IsPositive', 'isPositive', rules.IsPositive(), 1],
  ['IsNegative', 'isNegative', rules.IsNegative(), -1],
  ['Min', 'min', rules.Min(2), 2],
  ['Max', 'max', rules.Max(2), 2],
  ['IsArray', 'isArray', rules.IsArray(), []],
  ['ArrayMinSize', 'arrayMinSize', rules.ArrayMinSize(2), [1, 2]],
  ['ArrayMaxSize', 'arrayMaxSize', rules.ArrayMaxSize(2), [1, 2]],
  ['IsObject', 'isObject', rules.IsObject(), {}],
  ['Equals', 'equals', rules.Equals('a'), 'a'],
  ['IsIn', 'isIn', rules.IsIn(['a', 1, null]), 'a'],
  ['IsEnum', 'isEnum', rules.IsEnum(Color), 'red'],
  ['MinLength', 'minLength', rules.MinLength(2), 'ab'],
  ['MaxLength', 'maxLength', rules.MaxLength(2), 'ab'],
  ['Length', 'isLength', rules.Length(2, 3), 'abc'],
  ['Length without an end', 'isLength', rules.Length(2), 'abc'],
  ['Matches', 'matches', rules.Matches(/^[a-c]+$/), 'abc'],
  ['Matches with a global expression', 'matches', rules.Matches(/b/g), 'abc'],
  ['Matches with a text', 'matches', rules.Matches('^AB', 'i'), 'abc'],
];

const called: [string, PropertyDecorator][] = [
  ['IsUUID', rules.IsUUID()],
  ['IsEmail', rules.IsEmail()],
  ['IsUrl', rules.IsUrl()],
  ['IsDateString', rules.IsDateString()],
  ['IsISO8601', rules.IsISO8601()],
  ['IsNotIn', rules.IsNotIn(['a'])],
  ['NotEquals', rules.NotEquals('a')],
  ['IsEmpty', rules.IsEmpty()],
  ['Contains', rules.Contains('b')],
  ['IsNumber with options', rules.IsNumber({ maxDecimalPlaces: 0, allowNaN: true })],
  ['IsNotEmptyObject', rules.IsNotEmptyObject()],
  ['ArrayUnique', rules.ArrayUnique()],
  ['ArrayNotEmpty', rules.ArrayNotEmpty()],
  ['ArrayContains', rules.ArrayContains(['a'])],
  ['IsByteLength', rules.IsByteLength(1, 4)],
  ['IsAlphanumeric', rules.IsAlphanumeric()],
  ['IsDivisibleBy', rules.IsDivisibleBy(2)],
  ['IsNumberString', rules.IsNumberString()],
];

/** Whether class-validator accepts the value. On some it throws: IsEmail on half a surrogate pair, IsNumber on 1e-7. */
function accepts(dto: DtoClass, value: unknown): boolean {
  const instance = Object.assign(new dto(), { value });
  try {
    return rules.validateSync(instance).length === 0;
  } catch {
    return false;
  }
}

function check(dto: DtoClass): void {
  const plan = planDto(dto);
  expect(plan.compiled).toBe(true);
  for (const value of values) {
    // Twice: a rule must not remember the value before.
    for (let run = 0; run < 2; run++) {
      expect([value, plan.read({ value }) instanceof dto]).toEqual([value, accepts(dto, value)]);
    }
  }
}

describe('The rule', () => {
  it.each(fast)('%s has a closed form that does without class-validator', (_, name, decorator, good) => {
    const dto = classWith(decorator);
    const [metadata] = validationRules(dto);
    const rule = closedRule(dto, metadata!);
    const validate = jest.spyOn(validatorsOf(metadata!)[0]!.instance, 'validate');
    expect(fastRules.has(name)).toBe(true);
    // Two characters of text may have to be counted, anything else may not.
    expect([rule?.(good), validate.mock.calls.length]).toEqual([true, 0]);
  });

  it('list is complete: each closed form is tested here', () => {
    expect(new Set(fast.map(([, name]) => name))).toEqual(new Set(fastRules.keys()));
  });

  it.each(fast)('%s agrees with class-validator', (_, __, decorator) => check(classWith(decorator)));
  it.each(called)('%s agrees with class-validator', (_, decorator) => check(classWith(decorator)));
  it.each(fast)('%s agrees when the property is optional', (_, __, decorator) =>
    check(classWith(decorator, rules.IsOptional())),
  );

  it('IsString agrees on each item, and on a value that has none', () => {
    check(classWith(rules.IsString({ each: true })));
    check(classWith(rules.MinLength(2, { each: true }), rules.IsArray()));
  });

  it('IsDefined wants the property of an empty object', () => {
    const dto = classWith(rules.IsDefined());
    expect(planDto(dto).read({})).not.toBeInstanceOf(dto);
    expect(planDto(classWith(rules.IsOptional(), rules.IsDefined())).read({})).not.toHaveProperty('problems');
  });

  it('Matches with a sticky expression is left to class-validator', () => {
    const sticky = /a/y;
    const plan = planDto(classWith(rules.Matches(sticky)));
    sticky.lastIndex = 0;
    expect(plan.read({ value: 'a' })).not.toHaveProperty('problems');
    expect(sticky.lastIndex).toBe(1);
  });

  it('Matches leaves the state of a global expression alone', () => {
    const global = /a/g;
    const plan = planDto(classWith(rules.Matches(global)));
    global.lastIndex = 5;
    expect(plan.read({ value: 'a' })).not.toHaveProperty('problems');
    expect(global.lastIndex).toBe(5);
  });
});

describe('Decorator options that do not change the outcome', () => {
  it('groups, always and context keep a class compiled', () => {
    check(classWith(rules.IsString({ groups: ['admin'] })));
    check(classWith(rules.IsString({ always: true, context: { code: 7 } })));
  });
});
