import type { Rule } from './rules';

/** A closed form for one of class-validator's rules. It may reject too much, never accept too much. */
export interface FastRule {
  /** Part of class-validator's default message, by which its own rule is known from another of the same name. */
  readonly says: string;
  /**
   * Builds the closed form, undefined when there is none for these constraints.
   * @param real class-validator's own check, for values a short look can't decide
   */
  make(constraints: readonly unknown[], real: Rule): Rule | undefined;
}

/** The closed forms by rule name. Every other rule of class-validator is called as it is. */
export const fastRules: ReadonlyMap<string, FastRule> = new Map<string, FastRule>([
  ['isDefined', plain('should not be null or undefined', (value) => value !== undefined && value !== null)],
  ['isNotEmpty', plain('should not be empty', (value) => value !== '' && value !== null && value !== undefined)],
  ['isString', plain('must be a string', (value) => typeof value === 'string')],
  ['isBoolean', plain('must be a boolean value', (value) => typeof value === 'boolean')],
  ['isInt', plain('must be an integer number', (value) => Number.isInteger(value))],
  ['isNumber', { says: 'must be a number conforming', make: ([options]) => (isBare(options) ? isFinite : undefined) }],
  ['isPositive', plain('must be a positive number', (value) => typeof value === 'number' && value > 0)],
  ['isNegative', plain('must be a negative number', (value) => typeof value === 'number' && value < 0)],
  ['min', bound('must not be less than', (min) => (value) => typeof value === 'number' && value >= min)],
  ['max', bound('must not be greater than', (max) => (value) => typeof value === 'number' && value <= max)],
  ['isArray', plain('must be an array', (value) => Array.isArray(value))],
  ['arrayMinSize', bound('must contain at least', (min) => (value) => Array.isArray(value) && value.length >= min)],
  ['arrayMaxSize', bound('must contain no more', (max) => (value) => Array.isArray(value) && value.length <= max)],
  ['isObject', plain('must be an object', isObject)],
  [
    'equals',
    {
      says: 'must be equal to',
      make:
        ([wanted]) =>
        (value) =>
          value === wanted,
    },
  ],
  ['isIn', { says: 'must be one of the following values', make: ([values]) => memberOf(values) }],
  ['isEnum', { says: 'must be one of the following values', make: ([entity]) => valueOf(entity) }],
  ['minLength', { says: 'must be longer than', make: ([min], real) => longEnough(min, real) }],
  ['maxLength', { says: 'must be shorter than', make: ([max], real) => shortEnough(max, real) }],
  ['isLength', { says: 'must be longer than', make: ([min, max], real) => lengthBetween(min, max, real) }],
  ['matches', { says: 'regular expression', make: ([pattern, modifiers]) => matching(pattern, modifiers) }],
]);

function plain(says: string, rule: Rule): FastRule {
  return { says, make: () => rule };
}

function bound(says: string, make: (limit: number) => Rule): FastRule {
  return { says, make: ([limit]) => (typeof limit === 'number' ? make(limit) : undefined) };
}

function isBare(options: unknown): boolean {
  return (
    options === undefined || (typeof options === 'object' && options !== null && Object.keys(options).length === 0)
  );
}

function isFinite(value: unknown): boolean {
  return Number.isFinite(value);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function memberOf(values: unknown): Rule | undefined {
  // indexOf compares as the library does (===), and sees a list that is changed later.
  return Array.isArray(values) ? (value) => values.indexOf(value) !== -1 : undefined;
}

function valueOf(entity: unknown): Rule | undefined {
  if (typeof entity !== 'object' || entity === null) return undefined;
  const values = new Set<unknown>(Object.values(entity));
  return (value) => values.has(value);
}

/*
 * validator.js counts a surrogate pair as one character, and a variation selector as none. So a string has at most as
 * many characters as code units, and at least a third of them (a pair and its selector). Only a string between these
 * bounds has to be counted.
 */

function longEnough(min: unknown, real: Rule): Rule | undefined {
  if (typeof min !== 'number') return undefined;
  return (value) => {
    if (typeof value !== 'string' || value.length < min) return false;
    return value.length >= 3 * min || (isSimple(value) ? true : real(value));
  };
}

function shortEnough(max: unknown, real: Rule): Rule | undefined {
  if (typeof max !== 'number') return undefined;
  return (value) => typeof value === 'string' && (value.length <= max || (value.length <= 3 * max && real(value)));
}

function lengthBetween(min: unknown, max: unknown, real: Rule): Rule | undefined {
  const long = longEnough(min, real);
  if (max === undefined) return long;
  const short = shortEnough(max, real);
  if (!long || !short) return undefined;
  const [surely, most] = [3 * (min as number), max as number];
  // Most texts need no second look.
  return (value) =>
    (typeof value === 'string' && value.length >= surely && value.length <= most) || (long(value) && short(value));
}

/** Whether each code unit is a character of its own: no surrogates, no variation selectors. */
function isSimple(text: string): boolean {
  return !/[\uD800-\uDFFF]|\uFE0E|\uFE0F/.test(text);
}

function matching(pattern: unknown, modifiers: unknown): Rule | undefined {
  const expression = typeof pattern === 'string' ? compile(pattern, modifiers) : pattern;
  // A sticky expression starts where its last match ended: only the library's own call keeps that in step.
  if (!(expression instanceof RegExp) || expression.sticky) return undefined;
  // `search` neither reads nor leaves a lastIndex, which `test` does on a global expression.
  return (value) => typeof value === 'string' && value.search(expression) !== -1;
}

function compile(pattern: string, modifiers: unknown): RegExp | undefined {
  try {
    return new RegExp(pattern, modifiers as string | undefined);
  } catch {
    return undefined;
  }
}
