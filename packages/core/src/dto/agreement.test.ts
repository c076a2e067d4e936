import { deepStrictEqual } from 'node:assert';
import { plainToInstance, Transform, Type } from 'class-transformer';
import * as v from 'class-validator';
import fc from 'fast-check';
import { DtoProblems, planDto } from './dto';
import type { DtoProblem } from './dto';

class Flat {
  @v.IsString() @v.MaxLength(5) room!: string;
  @v.IsString() @v.Length(1, 4) text!: string;
  @v.IsOptional() @v.IsInt() @v.Min(0) @v.Max(9) priority?: number;
}

class Item {
  @v.IsString() @v.MinLength(2) name!: string;
  @v.IsNumber() @v.IsPositive() price!: number;
  @v.IsOptional() @v.IsIn(['s', 'm', 1]) size?: unknown;
}

class Order extends Flat {
  @v.IsArray() @v.ArrayMaxSize(3) @v.ValidateNested({ each: true }) @Type(() => Item) items: Item[] = [];
  @v.IsOptional() @v.ValidateNested() @Type(() => Item) gift?: Item;
  @v.IsOptional() @v.ValidateNested() @Type(() => Order) previous?: Order;
}

class Mixed {
  @v.IsString({ each: true }) @v.MaxLength(3, { each: true }) tags!: string[];
  @v.IsOptional() @v.IsObject() data?: object;
  @v.IsOptional() @v.IsEmail() mail?: string;
  @v.IsDefined() @v.Matches(/^a|b/g) code!: string;
  @v.IsBoolean() on = false;
  @v.Allow() any?: unknown;
  @v.IsOptional() @Type(() => Date) @v.IsDate() at?: Date;
  @v.IsOptional() @Type(() => Number) @v.IsInt({ each: true }) sizes?: number[];
  @v.IsOptional() @v.IsInstance(Item) @Type(() => Item) unchecked?: Item;
}

class Trimmed {
  @v.IsString()
  @Transform(({ value }) => (typeof value === 'string' ? value.trim() : (value as unknown)))
  room!: string;
  @v.IsOptional() @v.ValidateNested() @Type(() => Item) item?: Item;
}

class Loose {
  kind = 'loose';
  @Type(() => Item) item?: Item;
  @Type(() => String) text?: string;

  room(): string {
    return this.kind;
  }
}

const text = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('ab', 'abc') },
  { weight: 1, arbitrary: fc.constantFrom('', 'a', '\u{1F600}\u{1F600}', 'a\uFE0Fbcd\uFE0F', 'abcdefgh') },
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const item = fc.record({
  name: text,
  price: fc.constantFrom(1, 2, 0.5, 0),
  size: optional(fc.constantFrom('s', 'm', 1, 'x')),
});
const flat = { room: text, text, priority: optional(fc.integer({ min: -1, max: 10 })) };
const items = fc.array(item, { maxLength: 2 });
const order = fc.record({ ...flat, items, gift: optional(item) });
const mixed = fc.record({
  tags: fc.array(text, { maxLength: 3 }),
  data: optional(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))),
  mail: optional(fc.constantFrom('a@b.co', 'a')),
  code: fc.constantFrom('a', 'b', 'cb', 'c'),
  on: optional(fc.boolean()),
  any: fc.jsonValue({ maxDepth: 2 }),
  at: optional(fc.constantFrom('2026-01-02', 5, 'x')),
  sizes: optional(fc.array(fc.constantFrom(1, '2', '2.5', null), { maxLength: 2 })),
  unchecked: optional(item),
});

interface Case {
  readonly dto: new () => object;
  readonly likely: fc.Arbitrary<unknown>;
}

const cases: readonly Case[] = [
  { dto: Flat, likely: fc.record(flat) },
  { dto: Item, likely: item },
  { dto: Order, likely: fc.record({ ...flat, items, gift: optional(item), previous: optional(order) }) },
  { dto: Mixed, likely: mixed },
  { dto: Trimmed, likely: fc.record({ room: text, item: optional(item) }) },
  {
    dto: Loose,
    likely: fc.record({ kind: text, item: optional(item), text: fc.jsonValue({ maxDepth: 1 }), room: text }),
  },
];

const oddValue = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, 1.5, true, {}, [], [null], [[]], [{}], { name: 'ab', price: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const oddKey = fc.constantFrom('x', 'room', 'name', 'toString', 'prototype', 'constructor', '__proto__', '0');
const change = fc.record({
  path: fc.array(fc.nat(8), { maxLength: 4 }),
  key: fc.option(oddKey),
  value: optional(oddValue),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Replaces, removes or adds one property somewhere in the value. */
function changed(value: unknown, { path, key, value: replacement }: Change): unknown {
  if (typeof value !== 'object' || value === null) return replacement ?? null;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  const [step = 0, ...rest] = path;
  const keys = Object.keys(copy);
  const existing = keys[step % Math.max(keys.length, 1)];
  const at = (path.length > 1 ? existing : (key ?? existing)) ?? 'x';
  const next = path.length > 1 ? changed(copy[at], { path: rest, key, value: replacement }) : replacement;
  if (next === undefined && !Array.isArray(copy)) delete copy[at];
  else Object.defineProperty(copy, at, { value: next ?? null, enumerable: true, writable: true, configurable: true });
  return copy;
}

/** What arrives: parsed JSON, so without `undefined`. */
const parsed = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

function inputs(likely: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const near = fc.tuple(likely, fc.array(change, { maxLength: 3 })).map(([value, all]) => all.reduce(changed, value));
  return fc.oneof({ weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) }, { weight: 6, arbitrary: near }).map(parsed);
}

function problemsOf(errors: readonly v.ValidationError[], path: readonly string[]): DtoProblem[] {
  return errors.flatMap(({ property, constraints, children }) => {
    const here = [...path, property].filter((part) => typeof part === 'string');
    const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
      property: here.join('.'),
      rule,
      message,
    }));
    return [...own, ...problemsOf(children ?? [], here)];
  });
}

/** What the libraries say, without any code of the plan. */
function reference(dto: new () => object, plain: unknown, unknownKeys: 'reject' | 'strip'): unknown {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
    return [{ property: '', rule: 'object', message: `${dto.name} must be a JSON object` }];
  }
  const unreadable = [{ property: '', rule: 'unreadable', message: `${dto.name} could not be read` }];
  try {
    const instance = plainToInstance(dto, plain);
    if (dto === Loose) return instance;
    const forbidNonWhitelisted = unknownKeys === 'reject';
    const errors = v.validateSync(instance, { whitelist: true, forbidNonWhitelisted, forbidUnknownValues: true });
    return errors.length > 0 ? problemsOf(errors, []) : instance;
  } catch {
    return unreadable;
  }
}

/** Such keys are read otherwise than by the bare libraries, on purpose. */
function isReadOtherwise(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const keys = ['__proto__', 'constructor', 'prototype', 'toString'];
  return keys.some((key) => Object.hasOwn(value, key)) || Object.values(value).some(isReadOtherwise);
}

function outcome(result: unknown): unknown {
  return result instanceof DtoProblems ? result.problems : result;
}

describe.each(['reject', 'strip'] as const)(
  'With unknown keys to %s, a plan and the libraries agree',
  (unknownKeys) => {
    it.each(cases.map((one) => [one.dto.name, one] as const))('on %s', (_, { dto, likely }) => {
      const plan = planDto(dto, { unknownKeys });
      let accepted = 0;
      const property = fc.property(inputs(likely), (plain) => {
        const result = plan.read(parsed(plain));
        if (result instanceof dto) accepted++;
        if (!isReadOtherwise(plain)) deepStrictEqual(outcome(result), reference(dto, parsed(plain), unknownKeys));
        deepStrictEqual(Object.keys(Object.prototype), []);
        if (result instanceof dto) deepStrictEqual(Object.getPrototypeOf(result), dto.prototype);
      });
      const runs = 400;
      fc.assert(property, { numRuns: runs, seed: 20_261_120 });
      // A test that sees only one of the outcomes would agree with anything.
      expect(accepted).toBeGreaterThan(runs / 50);
      expect(plan.compiled).toBe(dto !== Trimmed);
    });
  },
);
