import { type } from 'arktype';
import { IsInt, IsString } from 'class-validator';
import * as v from 'valibot';
import { z } from 'zod';
import { DeliverTo, ManagedService, Message } from '../declaration/decorators';
import { Failure } from '../errors';
import type { Class, MessageOptions } from '../declaration/metadata';
import { Scene, settled, type FakeConnection } from '../port.fixture';
import type { StandardSchema } from '../dto/standard-schema';

const plain = { protocol: false };

function client(service: Class<object>, path: string) {
  const scene = new Scene([service]);
  const connection: FakeConnection = scene.connect('stream', { ...plain, path });
  /** What comes back for a payload: texts, or the code of the failure with its details. */
  const answer = (payload: string | Uint8Array): string[] => scene.answers(connection, payload);
  return { scene, connection, answer };
}

class Text {
  @IsString() text!: string;
}

class Point {
  @IsInt() x!: number;
}

describe('A message with a `type`', () => {
  @ManagedService('/typed')
  class Typed {
    @Message({ type: 'text' }) @DeliverTo('RESOURCE') onText(message: Text): string {
      return `text ${JSON.stringify(message)}`;
    }
    @Message({ type: 'point' }) @DeliverTo('RESOURCE') onPoint({ x }: Point): string {
      return `point ${x}`;
    }
    @Message({ type: 'raw' }) @DeliverTo('RESOURCE') onRaw(message: string): string {
      return `raw ${message}`;
    }
    @Message({ type: 'ping' }) @DeliverTo('RESOURCE') onPing(): string {
      return 'pong';
    }
    @Message() @DeliverTo('RESOURCE') onOther(message: Text): string {
      return `other ${message.text}`;
    }
  }

  it.each([
    ['{"type":"text","text":"a"}', '<text {"text":"a"}>'],
    ['{"type":"point","x":1}', '<point 1>'],
    ['{"type":"raw","any":[]}', '<raw {"type":"raw","any":[]}>'],
    ['{"type":"ping"}', '<pong>'],
    ['{"text":"a"}', '<other a>'],
  ])('%s goes to the method for it; the class need not have the property', (payload, answer) => {
    expect(client(Typed, '/typed').answer(payload)).toEqual([answer]);
  });

  it('that is the right one but not valid is answered with what is wrong, and goes to no other method', () => {
    const { connection } = client(Typed, '/typed');
    expect(connection.resource.receive('{"type":"point","x":"1","text":"also text"}')).toMatchObject({
      code: 'invalid-message',
      message: 'The message is not a valid Point.',
    });
    expect(connection.texts).toEqual([]);
  });

  it('that nobody has goes to the methods without one', () => {
    const { connection } = client(Typed, '/typed');
    expect(connection.resource.receive('{"type":"other","x":1}')).toMatchObject({ code: 'invalid-message' });
    expect(connection.resource.receive('{"type":{"toString":"text"}}')).toMatchObject({ code: 'invalid-message' });
    expect(connection.resource.receive('{')).toMatchObject({ code: 'malformed-message' });
  });
});

describe('A message that `when` chooses', () => {
  @ManagedService('/when')
  class When {
    @Message({ when: (message: { x?: unknown }) => message?.x !== undefined }) @DeliverTo('RESOURCE') onPoint(
      message: Point,
    ): string {
      return `point ${message.x}`;
    }
    @Message({ when: (text: string) => text.startsWith('/') }) @DeliverTo('RESOURCE') onCommand(text: string): string {
      return `command ${text}`;
    }
    @Message({ when: (bytes: Buffer) => bytes[0] === 1 }) @DeliverTo('RESOURCE') onBytes(bytes: Buffer): string {
      return `one ${bytes.length}`;
    }
    @Message() @DeliverTo('RESOURCE') onOtherBytes(bytes: Uint8Array): string {
      return `bytes ${bytes.length}`;
    }
    @Message() @DeliverTo('RESOURCE') onText(text: string): string {
      return `text ${text}`;
    }
  }

  it.each([
    ['{"x":1}', '<point 1>'],
    ['/help', '<command /help>'],
    ['hello', '<text hello>'],
    ['null', '<text null>'],
    [new Uint8Array([1, 2]), '<one 2>'],
    [new Uint8Array([2, 2]), '<bytes 2>'],
  ])('%p is seen as the parameter wants it: JSON, text or bytes', (payload, answer) => {
    expect(client(When, '/when').answer(payload)).toEqual([answer]);
  });

  it('and that is not valid then is refused', () => {
    expect(client(When, '/when').answer('{"x":"y"}')).toEqual(['invalid-message']);
  });

  it('is refused by nobody in particular when the predicate throws', () => {
    @ManagedService('/throws')
    class Throws {
      @Message({
        when: () => {
          throw new Error('boom');
        },
      })
      onAny(_message: Text): void {}
      @Message() @DeliverTo('RESOURCE') onText({ text }: Text): string {
        return text;
      }
    }
    expect(client(Throws, '/throws').answer('{"text":"a"}')).toEqual(['<a>']);
  });
});

const schemas: [string, StandardSchema<{ name: string; age: number }>][] = [
  ['zod', z.object({ name: z.string().min(1), age: z.coerce.number<number>().int() })],
  ['valibot', v.object({ name: v.pipe(v.string(), v.minLength(1)), age: v.pipe(v.number(), v.integer()) })],
  ['arktype', type({ name: 'string > 0', age: 'number.integer' })],
];
const slow: [string, StandardSchema<{ name: string; age: number }>][] = [
  ['zod', z.object({ name: z.string().refine(async (name) => (await settled(), name !== 'taken')), age: z.number() })],
  [
    'valibot',
    v.objectAsync({
      name: v.pipeAsync(
        v.string(),
        v.checkAsync(async (name) => (await settled(), name !== 'taken')),
      ),
      age: v.number(),
    }),
  ],
];

function withSchema(schema: StandardSchema, more: MessageOptions = {}): Class<object> {
  @ManagedService('/people')
  class People {
    @Message({ schema, ...more }) @DeliverTo('RESOURCE') onPerson(person: object): object {
      return { got: person };
    }
  }
  return People;
}

describe.each(schemas)('A schema of %s', (_vendor, schema) => {
  it('lets through what is valid, without a class', () => {
    const { answer } = client(withSchema(schema), '/people');
    expect(answer('{"name":"Ada","age":36}')).toEqual(['<{"got":{"name":"Ada","age":36}}>']);
  });

  it('refuses the rest, with a detail for each thing that is wrong', () => {
    const { connection } = client(withSchema(schema), '/people');
    const failure = connection.resource.receive('{"name":"","age":1.5}') as Failure;
    expect(failure.code).toBe('invalid-message');
    expect(failure.details?.map(({ property, rule }) => `${property} ${rule}`).sort()).toEqual([
      'age schema',
      'name schema',
    ]);
    expect(failure.details?.every(({ message }) => message.length > 0)).toBe(true);
    expect(connection.resource.receive('nonsense')).toMatchObject({ code: 'malformed-message' });
  });
});

describe.each(slow)('A schema of %s that takes its time', (_vendor, schema) => {
  it('is waited for, and messages keep their order', async () => {
    const { connection, scene } = client(withSchema(schema), '/people');
    const send = async (name: unknown): Promise<Failure | undefined> =>
      connection.resource.receive(JSON.stringify({ name, age: 1 }));
    const outcomes = await Promise.all(['a', 'taken', 5, 'b'].map(send));
    scene.clock.turn();
    expect(outcomes.map((failure) => failure?.code)).toEqual([
      undefined,
      'invalid-message',
      'invalid-message',
      undefined,
    ]);
    const names = [...connection.texts.join('').matchAll(/"name":"(\w+)"/g)].map(([, name]) => name);
    expect(names).toEqual(['a', 'b']);
  });
});

describe('Schemas of several methods', () => {
  @ManagedService('/mixed')
  class Mixed {
    @Message({ schema: z.object({ a: z.number() }) }) @DeliverTo('RESOURCE') onA(_message: unknown): string {
      return 'a';
    }
    @Message({ schema: z.object({ b: z.string().refine(async (b) => (await settled(), b !== 'no')) }) })
    @DeliverTo('RESOURCE')
    onB(_message: unknown): string {
      return 'b';
    }
    @Message({ type: 'c', schema: z.object({ type: z.literal('c'), c: z.number() }) }) @DeliverTo('RESOURCE') onC(
      _message: unknown,
    ): string {
      return 'c';
    }
    @Message() @DeliverTo('RESOURCE') onText(message: Text): string {
      return message.text;
    }
  }

  it.each([
    ['{"a":1}', '<a>'],
    ['{"b":"x"}', '<b>'],
    ['{"type":"c","c":1}', '<c>'],
    ['{"text":"t"}', '<t>'],
  ])('are asked in order, those that take their time too: %s', async (payload, answer) => {
    const { connection, scene } = client(Mixed, '/mixed');
    expect(await connection.resource.receive(payload)).toBeUndefined();
    scene.clock.turn();
    expect(connection.texts).toEqual([answer]);
  });

  it('say which method has what against a message that none takes', async () => {
    const { connection } = client(Mixed, '/mixed');
    const failure = await connection.resource.receive('{"b":"no"}');
    expect(failure?.details?.map(({ message }) => message.split(':')[0])).toEqual(['onA', 'onB', 'onText', 'onText']);
    expect(await connection.resource.receive('{"type":"c","c":"x"}')).toMatchObject({
      details: [{ property: 'c', rule: 'schema' }],
    });
  });

  it('see text and bytes where the parameter is one of those', () => {
    @ManagedService('/raw')
    class Raw {
      @Message({ schema: z.string().max(3) }) @DeliverTo('RESOURCE') onText(text: string): string {
        return text;
      }
      @Message({ schema: z.instanceof(Uint8Array).refine((bytes) => bytes.length < 3) }) @DeliverTo('RESOURCE') onBytes(
        bytes: Uint8Array,
      ): number {
        return bytes.length;
      }
    }
    const { answer } = client(Raw, '/raw');
    expect(['abc', 'abcd', new Uint8Array(2), new Uint8Array(3)].map(answer)).toEqual([
      ['<abc>'],
      ['invalid-message'],
      ['<2>'],
      ['invalid-message'],
    ]);
  });

  it('that throw refuse the message, and what they threw is the cause', () => {
    const cause = new Error('boom');
    const broken: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw cause;
        },
      },
    };
    const { connection } = client(withSchema(broken), '/people');
    expect(connection.resource.receive('{}')).toMatchObject({ code: 'malformed-message', cause });
  });
});

describe('A message that is an array', () => {
  @ManagedService('/points')
  class Points {
    @Message({ items: Point }) @DeliverTo('RESOURCE') onPoints(all: Point[]): string {
      return all.map((one) => `${one.constructor.name} ${one.x}`).join();
    }
  }
  @ManagedService('/names')
  class Names {
    @Message({ items: String }) @DeliverTo('RESOURCE') onNames(all: string[]): string {
      return all.join('+');
    }
  }
  @ManagedService('/any')
  class Anything {
    @Message({ items: Object }) @DeliverTo('RESOURCE') onAll(all: unknown[]): string {
      return JSON.stringify(all);
    }
  }

  it('has its items made and validated by the class that the method names', () => {
    const { answer, connection } = client(Points, '/points');
    expect(answer('[{"x":1},{"x":2}]')).toEqual(['<Point 1,Point 2>']);
    expect(answer('[]')).toEqual(['<>']);
    const failure = connection.resource.receive('[{"x":1},{"x":"2","y":3},4]') as Failure;
    expect([failure.code, failure.details?.map(({ property, rule }) => `${property} ${rule}`)]).toEqual([
      'invalid-message',
      ['1.y whitelistValidation', '1.x isInt', '2 object'],
    ]);
  });

  it('may be of texts, numbers or truth values, or of all JSON', () => {
    const { answer, connection } = client(Names, '/names');
    expect(answer('["a","b"]')).toEqual(['<a+b>']);
    expect(connection.resource.receive('["a",1]')).toMatchObject({
      details: [{ property: '1', rule: 'type', message: 'must be a string' }],
    });
    expect(client(Anything, '/any').answer('[1,{"a":null}]')).toEqual(['<[1,{"a":null}]>']);
  });

  it('is refused when it is none, and told of no more than a hundred problems', () => {
    const { connection } = client(Points, '/points');
    expect(connection.resource.receive('{"x":1}')).toMatchObject({ message: 'The message is not a JSON array.' });
    const many = connection.resource.receive(JSON.stringify(Array.from({ length: 1000 }, () => 1))) as Failure;
    expect(many.details).toHaveLength(100);
  });

  it('stops the start when nobody says of what', () => {
    @ManagedService('/lines')
    class Lines {
      @Message() onLines(_lines: Point[]): void {}
    }
    expect(() => new Scene([Lines])).toThrow(
      'Lines.onLines takes an array, but of what is not known at run time. Say it: @Message({ items: Line }), with a class, String, Number or Boolean; Object lets all JSON in',
    );
    @ManagedService('/dates')
    class Dates {
      @Message({ items: Date }) onDates(_dates: Date[]): void {}
    }
    expect(() => new Scene([Dates])).toThrow('Dates.onDates: items is Date; it must be a class of yours');
    @ManagedService('/one')
    class One {
      @Message({ items: Point }) onOne(_one: Point): void {}
    }
    expect(() => new Scene([One])).toThrow('One.onOne: @Message({ items }) is for a parameter that is an array');
  });
});

describe('A class without any decorator of class-validator', () => {
  class Loose {
    text!: string;
  }
  @ManagedService('/loose')
  class Careless {
    @Message() onText(_message: Text): void {}
    @Message() onLoose(_message: Loose): void {}
  }

  it('is warned of at the start, once', () => {
    const { logger } = new Scene([Careless]);
    expect(logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      'Careless.onLoose takes Loose, which has no decorator of class-validator: whatever comes is let in. Decorate its properties, or give a schema',
    ]);
  });
});
