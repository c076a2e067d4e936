import { Exclude, Expose, Transform, Type } from 'class-transformer';
import {
  IsInt,
  IsOptional,
  IsString,
  registerDecorator,
  Validate,
  ValidateIf,
  ValidateNested,
  ValidatorConstraint,
} from 'class-validator';
import type { ValidationArguments, ValidatorConstraintInterface } from 'class-validator';
import { DtoProblems, planDto } from './dto';

/** A decorator made by registerDecorator, as applications write them. */
function custom(name: string, validate: (value: unknown, args: ValidationArguments) => unknown, async = false) {
  return (target: object, propertyName: string): void => {
    const validator = { validate: validate as () => boolean, defaultMessage: () => `$property fails ${name}` };
    registerDecorator({ name, target: target.constructor, propertyName, async, validator });
  };
}

@ValidatorConstraint({ name: 'even' })
class Even implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'number' && value % 2 === 0;
  }
}

class Transformed {
  @IsString() @Transform(({ value }) => (value as string).trim()) text!: string;
}

class Renamed {
  @Expose({ name: 'full_name' }) @IsString() name!: string;
}

class Hidden {
  @Exclude() @IsOptional() @IsString() secret?: string;
  @IsString() name!: string;
}

class Conditional {
  @IsString() kind!: string;
  @ValidateIf((it: Conditional) => it.kind === 'a') @IsInt() size?: number;
}

class Checked {
  @Validate(Even) count!: number;
}

class Registered {
  @custom('isShout', (value) => typeof value === 'string' && value.endsWith('!')) text!: string;
}

class Undecorated {
  @IsString() name!: string;
  size = 5;
}

class Cat {
  @IsString() meow!: string;
}

class Dog {
  @IsString() bark!: string;
}

class Owner {
  @ValidateNested()
  @Type(() => Object, { discriminator: { property: 'kind', subTypes: ['cat', 'dog'].map(subType) } })
  pet!: Cat | Dog;
}

function subType(name: string) {
  return { name, value: name === 'cat' ? Cat : Dog };
}

class Holder {
  @ValidateNested() @Type(() => Transformed) inner!: Transformed;
}

const accepted = (result: unknown): boolean => !(result instanceof DtoProblems);

describe('A class the plan cannot follow exactly is read by the libraries', () => {
  it.each<[string, new () => object, unknown, unknown]>([
    ['@Transform', Transformed, { text: ' a ' }, { text: null }],
    ['@Expose with a name', Renamed, { full_name: 'a' }, { full_name: 1 }],
    ['@Exclude', Hidden, { name: 'a', secret: 5 }, { name: 1 }],
    ['@ValidateIf', Conditional, { kind: 'b', size: 'x' }, { kind: 'a', size: 'x' }],
    ['@Validate', Checked, { count: 2 }, { count: 3 }],
    ['registerDecorator', Registered, { text: 'a!' }, { text: 'a' }],
    ['a discriminator', Owner, { pet: { kind: 'dog', bark: 'w' } }, { pet: { kind: 'cat', bark: 'w' } }],
    ['a nested class with @Transform', Holder, { inner: { text: ' a' } }, { inner: {} }],
  ])('%s', (_, dto, good, bad) => {
    const plan = planDto(dto);
    expect(plan.compiled).toBe(false);
    expect(plan.read(good)).toBeInstanceOf(dto);
    expect(accepted(plan.read(bad))).toBe(false);
  });

  it('applies transformations and names', () => {
    expect(planDto(Transformed).read({ text: ' a ' })).toMatchObject({ text: 'a' });
    expect(planDto(Renamed).read({ full_name: 'a' })).toMatchObject({ name: 'a' });
  });

  it('reports an initialised property without a decorator, as class-validator does', () => {
    const plan = planDto(Undecorated);
    expect([plan.compiled, accepted(plan.read({ name: 'a' }))]).toEqual([false, false]);
  });

  it('lets an unknown key reach a setter, as class-transformer does', () => {
    class Nicknamed {
      @IsString() name!: string;

      set nick(value: string) {
        this.name = value;
      }
    }
    for (const unknownKeys of ['reject', 'strip'] as const) {
      expect(planDto(Nicknamed, { unknownKeys }).read({ name: 'a', nick: 'b' })).toMatchObject({ name: 'b' });
    }
  });

  it('turns what a transformer throws into a problem, and keeps the error for the log', () => {
    const result = planDto(Transformed).read({ text: 5 }) as DtoProblems;
    expect(result.problems).toEqual([{ property: '', rule: 'unreadable', message: 'Transformed could not be read' }]);
    expect(result.cause).toBeInstanceOf(TypeError);
  });
});

describe('A custom validator with the name of a library rule', () => {
  it('is never mistaken for it, however rarely the two differ', () => {
    class Named {
      @custom('isString', (value) => typeof value === 'string' && value !== 'forbidden') text!: string;
    }
    const plan = planDto(Named);
    expect([accepted(plan.read({ text: 'x' })), accepted(plan.read({ text: 'forbidden' }))]).toEqual([true, false]);
  });

  it('sees its whole object', () => {
    class Pair {
      @custom('equals', (value, args) => value === (args.object as Pair).second) first!: string;
      @IsString() second!: string;
    }
    const plan = planDto(Pair);
    expect(accepted(plan.read({ first: 'a', second: 'a' }))).toBe(true);
    expect(accepted(plan.read({ first: 'a', second: 'b' }))).toBe(false);
  });
});

describe('An asynchronous validator is refused when the plan is made', () => {
  const refusal = /^Account\.name has an asynchronous validator/;

  it('when it says so', () => {
    class Account {
      @custom('free', () => Promise.resolve(false), true) name!: string;
    }
    expect(() => planDto(Account)).toThrow(refusal);
  });

  it('when it does not say so', () => {
    class Account {
      @custom('free', () => Promise.reject(new Error('no database'))) name!: string;
    }
    expect(() => planDto(Account)).toThrow(refusal);
  });

  it('when a nested class has it', () => {
    class Account {
      @custom('free', () => Promise.resolve(true), true) name!: string;
    }
    class Signup {
      @ValidateNested() @Type(() => Account) account!: Account;
    }
    expect(() => planDto(Signup)).toThrow(refusal);
  });
});
