import { IsString } from 'class-validator';
import { injectable } from 'tsyringe';
import { App } from '../app/app';
import { Broadcaster } from '../broadcaster/broadcaster';
import {
  DeliverTo,
  Disconnect,
  Heartbeat,
  ManagedService,
  Message,
  Named,
  OnError,
  PathParam,
  Ready,
} from '../declaration/decorators';
import { DeclarationError, Failure } from '../errors';
import type { Class, MessageOptions } from '../declaration/metadata';
import { thrownBy } from '../port.fixture';
import { Resource } from '../resource/resource';
import { ResourceEvent } from '../resource/resource-event';

interface Shape {
  readonly text: string;
}

class Text {
  @IsString() text!: string;
}

class Unmarked {
  constructor(readonly text: Text) {}
}

/** The declaration error with which a start with these classes ends. */
function refusal(...services: Class<object>[]): string {
  const error = thrownBy(() => new App({ services }));
  expect(error).toBeInstanceOf(DeclarationError);
  return (error as DeclarationError).message;
}

/** What it says of a class with one decorated method that the compiler saw with these parameter types. */
function refusalOf(
  decorate: (prototype: object, name: string) => void,
  types: unknown[] | undefined,
  path = '/chat',
): string {
  class Chat {
    on(): void {}
  }
  decorate(Chat.prototype, 'on');
  if (types) Reflect.defineMetadata('design:paramtypes', types, Chat.prototype, 'on');
  ManagedService({ path })(Chat);
  return refusal(Chat);
}

describe('A class that is no service', () => {
  it('is refused by name, with what is missing', () => {
    class Plain {}
    expect(refusal(Plain)).toBe("Plain was given as a service but has no @ManagedService({ path: '...' })");
    expect(refusal(class {})).toMatch(/^A class was given as a service/);
  });
});

describe('The path of a service', () => {
  it('is refused with the name of the class', () => {
    @ManagedService({ path: 'chat' })
    class Chat {}
    expect(refusal(Chat)).toBe('Chat: its path "chat" must start with "/"');
    @ManagedService({} as { path: string })
    class NoPath {}
    expect(refusal(NoPath)).toContain('NoPath: its path "undefined" must start with "/"');
  });

  it('belongs to one service alone', () => {
    @ManagedService('/chat/{room}')
    class Chat {}
    @ManagedService('/chat/{name}')
    class Talk {}
    expect(refusal(Chat, Talk)).toBe('Chat and Talk are both at /chat/{name}; give one of them another path');
  });
});

describe('The message of a @Message method', () => {
  it('whose type is an interface is refused, with the mend', () => {
    @ManagedService('/chat')
    class Chat {
      @Message() onMessage(_message: Shape): void {}
    }
    expect(refusal(Chat)).toBe(
      'Chat.onMessage: the type of its message is Object at run time, so it can\'t be decoded. Use a class, imported with "import" and not with "import type", or name a decoder or a schema: @Message({ decoders: [...] })',
    );
  });

  it.each([
    ['Function, as `import type` leaves it', Function, 'Function'],
    ['undefined, as a circular import leaves it', undefined, 'undefined'],
    ['Promise', Promise, 'Promise'],
    ['a class of the language that JSON does not make', Date, 'Date'],
    ['Map', Map, 'Map'],
    ['BigInt', BigInt, 'BigInt'],
    ['ArrayBuffer', ArrayBuffer, 'ArrayBuffer'],
  ])('whose type is %s is refused', (_title, type, name) => {
    expect(refusalOf(Message(), [type])).toContain(`Chat.on: the type of its message is ${name} at run time`);
  });

  it('may be of any type when a decoder makes it', () => {
    @ManagedService('/chat')
    class Chat {
      @Message({ decoders: [{ decode: (payload) => payload }] }) onMessage(_message: Shape): void {}
    }
    expect(() => new App({ services: [Chat] })).not.toThrow();
  });

  it('is wanted by one parameter alone', () => {
    @ManagedService('/chat')
    class Chat {
      @Message() onMessage(_resource: Resource, _message: Text, _more: string): void {}
    }
    expect(refusal(Chat)).toBe('Chat.onMessage: parameters 2 and 3 both want the message; keep one');
  });

  it('reaches every method: one after a method that takes everything is refused', () => {
    @ManagedService('/chat')
    class Chat {
      @Message() onText(_text: string): void {}
      @Message() onChat(_message: Text): void {}
    }
    expect(refusal(Chat)).toBe(
      'Chat.onChat is never reached: Chat.onText, declared before it, takes every message. Declare it first',
    );
    @ManagedService('/two')
    class TwoBytes {
      @Message() onBytes(_bytes: Buffer): void {}
      @Message() onMore(_bytes: Uint8Array): void {}
    }
    expect(refusal(TwoBytes)).toContain('TwoBytes.onMore is never reached');
    @ManagedService('/any')
    class Any {
      @Message() onAny(): void {}
      @Message() onText(_text: string): void {}
    }
    expect(refusal(Any)).toContain('Any.onText is never reached');
  });

  describe('reaches every method: one that could read only what another before it reads is refused', () => {
    class Bare {}
    class Line {
      @IsString() text!: string;
    }
    class Longer extends Line {
      @IsString() more!: string;
    }
    const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
    type Taking = readonly [options: MessageOptions, type: unknown];

    /** A service with two methods, each with the options and the type that are given. */
    const serviceWith = (...methods: readonly Taking[]): Class<object> => {
      class Two {
        one(): void {}
        two(): void {}
      }
      for (const [index, [options, type]] of methods.entries()) {
        const name = index === 0 ? 'one' : 'two';
        Reflect.defineMetadata('design:paramtypes', [type], Two.prototype, name);
        Message(options)(Two.prototype, name);
      }
      ManagedService('/two')(Two);
      return Two;
    };

    it.each<[string, Taking, Taking]>([
      ['the same class', [{}, Line], [{}, Line]],
      ['numbers', [{}, Number], [{}, Number]],
      ['arrays of the same', [{ items: Line }, Array], [{ items: Line }, Array]],
      ['the same schema', [{ schema }, Object], [{ schema }, Object]],
      ['whatever is an object', [{}, Bare], [{}, Unmarked]],
    ])('%s', (_what, one, two) => {
      expect(refusal(serviceWith(one, two))).toBe(
        'Two.two is never reached: Two.one, declared before it, takes all that it could read. Declare it first with a when, or remove it',
      );
    });

    it.each<[string, Taking, Taking]>([
      ['of the same class, under a condition', [{}, Line], [{ when: () => true }, Line]],
      ['of a class, after all arrays', [{ items: Object }, Array], [{ items: Line }, Array]],
      ['of a class, after one that lets all objects in', [{}, Bare], [{}, Line]],
      ['of a type, after one that lets all objects in', [{}, Bare], [{ type: 'line' }, Line]],
    ])('one %s', (_what, one, two) => {
      expect(refusal(serviceWith(one, two))).toBe(
        'Two.two is never reached: Two.one, declared before it, takes all that it could read. Declare it first',
      );
    });

    it.each<[string, Taking, Taking]>([
      ['classes', [{}, Line], [{}, Longer]],
      ['classes, the wider one first', [{}, Longer], [{}, Line]],
      ['numbers and booleans', [{}, Number], [{}, Boolean]],
      ['arrays', [{ items: Line }, Array], [{ items: Longer }, Array]],
      ['an array and an object', [{ items: Object }, Array], [{}, Line]],
      ['the same class, the first under a condition', [{ when: () => true }, Line], [{}, Line]],
      ['the same class, the second with a type', [{}, Line], [{ type: 'line' }, Line]],
      ['the same schema of text and of JSON', [{ schema }, Object], [{ schema }, String]],
    ])('but not two %s, of which each can take something', (_what, one, two) => {
      expect(() => new App({ services: [serviceWith(one, two)] })).not.toThrow();
    });
  });
});

describe('The parameters of an event method', () => {
  it('can not be filled with a message', () => {
    @ManagedService('/chat')
    class Chat {
      @Ready() onReady(_resource: Resource, _message: Text): void {}
    }
    expect(refusal(Chat)).toBe(
      "Chat.onReady: parameter 2 (Text) can't be filled. @Ready methods take Resource, ResourceEvent, Broadcaster, Request, and @PathParam parameters",
    );
  });

  it.each([Object, Function, undefined])('whose type was erased to %p are refused with the mend', (type) => {
    expect(refusalOf(Ready(), [type])).toMatch(
      /^Chat\.on: parameter 1 \(\w+\) can't be filled\. .* must be imported with "import" and not with "import type"$/,
    );
  });

  it.each([
    ['Disconnect', Disconnect()],
    ['Heartbeat', Heartbeat()],
    ['OnError', OnError()],
  ])('are named with the decorator: @%s', (name, decorate) => {
    expect(refusalOf(decorate, [Text])).toContain(
      `Chat.on: parameter 1 (Text) can't be filled. @${name} methods take Resource`,
    );
  });

  it.each([
    ['Message', Message(), ResourceEvent],
    ['OnError', OnError(), ResourceEvent],
    ['Message', Message(), Failure],
    ['Ready', Ready(), Error],
  ])('that have no value there are refused rather than left undefined: @%s', (name, decorate, type) => {
    expect(refusalOf(decorate, [type])).toContain(
      `Chat.on: parameter 1 (${type.name}) can't be filled. @${name} methods take Resource`,
    );
  });
});

describe('A decorated method', () => {
  it('has types at run time, or the compiler options are named', () => {
    expect(refusalOf(Message(), undefined)).toBe(
      'Chat.on: the types of its parameters are not known at run time. Set "experimentalDecorators" and "emitDecoratorMetadata" to true in tsconfig.json, and compile with tsc, or with swc and "decoratorMetadata": esbuild, and so tsx, write no types down',
    );
  });

  it('is no static one', () => {
    const decorate = (): unknown => {
      class Chat {
        @Message() static onMessage(): void {}
      }
      return Chat;
    };
    expect(thrownBy(decorate)).toMatchObject({
      name: 'DeclarationError',
      message: "Chat.onMessage is static; a service's methods belong to its instances",
    });
  });

  it('has a plain name', () => {
    const name = Symbol('onMessage');
    const decorate = (): unknown => {
      class Chat {
        @Message() [name](): void {}
      }
      return Chat;
    };
    expect(thrownBy(decorate)).toMatchObject({
      name: 'DeclarationError',
      message: 'Chat[Symbol(onMessage)] is named by a symbol; give the method a plain name',
    });
  });

  it('is a method', () => {
    class Chat {}
    expect(thrownBy(() => Message()(Chat.prototype, 'onMessage'))).toMatchObject({
      name: 'DeclarationError',
      message: 'Chat.onMessage has @Message and must be a method: not a field, nor a getter',
    });
  });
});

describe('@PathParam', () => {
  it('names a variable of the path', () => {
    @ManagedService('/chat/{room}')
    class Chat {
      @Ready() onReady(@PathParam('rom') _room: string): void {}
    }
    expect(refusal(Chat)).toBe("Chat.onReady: @PathParam('rom') names no variable of the path; its path has {room}");
    @ManagedService('/chat')
    class Fixed {
      @Ready() onReady(@PathParam('room') _room: string): void {}
    }
    expect(refusal(Fixed)).toContain('its path has no variables');
  });

  it('is a string', () => {
    @ManagedService('/chat/{room}')
    class Chat {
      @Ready() onReady(_resource: Resource, @PathParam('room') _room: number): void {}
    }
    expect(refusal(Chat)).toBe('Chat.onReady: parameter 2 has @PathParam and must be a string');
  });

  it('belongs on methods, as @Named does', () => {
    const decorate = (): unknown => {
      class Chat {
        constructor(@PathParam('room') readonly room: string) {}
      }
      return Chat;
    };
    expect(thrownBy(decorate)).toMatchObject({
      name: 'DeclarationError',
      message: 'Chat: @PathParam and @Named belong on parameters of methods, not of the constructor',
    });
  });
});

describe('@Named', () => {
  it('is a broadcaster', () => {
    @ManagedService('/chat')
    class Chat {
      @Ready() onReady(@Named('news') _news: string): void {}
    }
    expect(refusal(Chat)).toBe('Chat.onReady: parameter 1 has @Named and must be a Broadcaster');
    @ManagedService('/fine')
    class Fine {
      @Ready() onReady(@Named('news') _news: Broadcaster): void {}
    }
    expect(() => new App({ services: [Fine] })).not.toThrow();
  });
});

describe('@DeliverTo', () => {
  it('belongs on a method that is called by the framework', () => {
    @ManagedService('/chat')
    class Chat {
      @DeliverTo('ALL') onMessage(): void {}
    }
    expect(refusal(Chat)).toBe(
      'Chat.onMessage has @DeliverTo but no @Message, @Ready or other decorator that calls it; add one',
    );
  });

  it('names a target that there is', () => {
    @ManagedService('/chat')
    class Chat {
      @Message() @DeliverTo('EVERYONE' as 'ALL') onMessage(_text: string): void {}
    }
    expect(refusal(Chat)).toBe('Chat.onMessage: @DeliverTo("EVERYONE") is no target; use RESOURCE, BROADCASTER or ALL');
  });
});

describe('The constructor of a service', () => {
  it('that the container can not call is refused with the name of the class', () => {
    @ManagedService('/chat')
    class Chat {
      constructor(readonly shape: Shape) {}
    }
    expect(refusal(Chat)).toMatch(/^Chat could not be constructed: .*position #0/s);
  });

  it.each([
    [Resource, 'It is a parameter of methods: a service has many resources'],
    [Broadcaster, 'BroadcasterFactory finds all'],
    [Object, `or name it by tsyringe's @inject('...')`],
    [Unmarked, `Give each class that it asks for, and Chat itself if it asks for some, tsyringe's @injectable()`],
  ])('that asks for %p is told where to have it', (wanted, mend) => {
    class Chat {
      constructor(readonly of: unknown) {}
    }
    Reflect.defineMetadata('design:paramtypes', [wanted], Chat);
    ManagedService('/chat')(Chat);
    const text = refusal(Chat);
    expect([text.startsWith('Chat could not be constructed: '), text.endsWith(mend)]).toEqual([true, true]);
  });

  it('that throws stops the start, and its error is the cause', () => {
    @injectable()
    class Broken {
      constructor() {
        throw new Error('no database');
      }
    }
    @ManagedService('/chat')
    class Chat {
      constructor(readonly broken: Broken) {}
    }
    expect(refusal(Chat)).toMatch(/^Chat could not be constructed: .*no database$/s);
  });
});
