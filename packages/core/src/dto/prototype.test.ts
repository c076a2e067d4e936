import { Transform, Type } from 'class-transformer';
import { IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { DtoProblems, planDto } from './dto';

class Inner {
  @IsString() name!: string;
}

class Outer {
  @IsString() id!: string;
  @IsOptional() @ValidateNested() @Type(() => Inner) inner?: Inner;
  @IsOptional() @IsObject() data?: Record<string, unknown>;
  greet(): string {
    return this.id;
  }
}

class Trimmed {
  @IsString() @Transform(({ value }) => String(value).trim()) id!: string;
  @IsOptional() @ValidateNested() @Type(() => Inner) inner?: Inner;
  @IsOptional() @IsObject() data?: Record<string, unknown>;
  greet(): string {
    return this.id;
  }
}

class Loose {
  id?: string;
  data?: Record<string, unknown>;
}

class LooseTrimmed {
  @Transform(({ value }) => String(value).trim()) id?: string;
  data?: Record<string, unknown>;
}

const attacks = ['__proto__', 'constructor', 'prototype'];
const poison = '{"admin":true,"prototype":{"admin":true,"constructor":{}}}';

describe.each([
  ['a compiled plan', Outer, true],
  ['the libraries', Trimmed, false],
])('Keys that could reach a prototype, read by %s', (_, dto, compiled) => {
  const strict = planDto<object>(dto);
  const lenient = planDto<object>(dto, { unknownKeys: 'strip' });

  afterEach(() => {
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect((dto.prototype as { admin?: boolean }).admin).toBeUndefined();
  });

  it('are tested both ways', () => {
    expect([strict.compiled, lenient.compiled]).toEqual([compiled, compiled]);
  });

  it.each(attacks)('are unknown keys: %s', (key) => {
    const plain: unknown = JSON.parse(`{"id":"1","${key}":${poison}}`);
    const problem = { property: key, rule: 'whitelistValidation', message: `property ${key} should not exist` };
    expect(strict.read(plain)).toEqual(new DtoProblems([problem]));
    const read = lenient.read(plain);
    expect(read).toBeInstanceOf(dto);
    expect(Object.keys(read)).toEqual(['id']);
    expect(Object.getPrototypeOf(read)).toBe(dto.prototype);
  });

  it.each(attacks)('are unknown keys of nested objects: %s', (key) => {
    const plain: unknown = JSON.parse(`{"id":"1","inner":{"name":"n","${key}":${poison}}}`);
    const property = `inner.${key}`;
    const problem = { property, rule: 'whitelistValidation', message: `property ${key} should not exist` };
    expect(strict.read(plain)).toEqual(new DtoProblems([problem]));
    expect((lenient.read(plain) as Outer).inner).toStrictEqual(Object.assign(new Inner(), { name: 'n' }));
  });

  it.each(['__proto__', 'constructor'])('are left out of free-form values: %s', (key) => {
    const read = strict.read(JSON.parse(`{"id":"1","data":{"a":[{"b":1,"${key}":${poison}}],"${key}":${poison}}}`));
    expect((read as Outer).data).toStrictEqual({ a: [{ b: 1 }] });
  });
});

describe.each([
  ['a compiled plan', Loose, true],
  ['the library', LooseTrimmed, false],
])('A class without validation, read by %s', (_, dto, compiled) => {
  const plan = planDto<object>(dto);

  it.each(attacks)('never takes the key %s', (key) => {
    const read = plan.read(JSON.parse(`{"id":"1","other":2,"${key}":${poison}}`));
    expect(plan.compiled).toBe(compiled);
    expect(read).toStrictEqual(Object.assign(new dto(), { id: '1', other: 2 }));
    expect(Object.getPrototypeOf(read)).toBe(dto.prototype);
  });
});

describe.each([
  ['a compiled plan', Outer],
  ['the libraries', Trimmed],
])('Names of methods, read by %s', (_, dto) => {
  const unknown = (...keys: string[]): DtoProblems =>
    new DtoProblems(
      keys.map((key) => ({
        property: key,
        rule: 'whitelistValidation',
        message: `property ${key.split('.').at(-1)} should not exist`,
      })),
    );

  it.each(['toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'toLocaleString', 'greet'])(
    'are unknown keys like any other: %s',
    (key) => {
      const plain: unknown = JSON.parse(`{"id":"1","${key}":"x"}`);
      expect(planDto<object>(dto).read(plain)).toEqual(unknown(key));
      const read = planDto<object>(dto, { unknownKeys: 'strip' }).read(plain);
      expect(read).toStrictEqual(Object.assign(new dto(), { id: '1' }));
    },
  );

  it('are unknown keys of nested objects, and each is told of once', () => {
    const plain: unknown = JSON.parse('{"id":"1","inner":{"name":"n","toString":"x","constructor":1}}');
    expect(planDto<object>(dto).read(plain)).toEqual(unknown('inner.constructor', 'inner.toString'));
  });
});
