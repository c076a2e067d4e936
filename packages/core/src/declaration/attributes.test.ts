import { App } from '../app/app';
import {
  AtmosphereInterceptorService,
  BroadcasterFilterService,
  DeliverTo,
  Disconnect,
  Get,
  ManagedService,
  Message,
  Named,
  PathParam,
  Post,
  Put,
  Ready,
  Singleton,
  WebSocketHandlerService,
} from './decorators';
import { DeclarationError } from '../errors';
import type { Class } from './metadata';
import { thrownBy } from '../port.fixture';
import { stream } from '../streams/stream-service';
import { RoomAuth, RoomService } from '../rooms/room-decorators';

/** What a declaration error says. */
function said(declare: () => unknown): string {
  const error = thrownBy(declare);
  expect(error).toBeInstanceOf(DeclarationError);
  return (error as DeclarationError).message;
}

/** What the start says of a service with these attributes. */
function ofService(attributes: object): string {
  @ManagedService({ path: '/chat', ...attributes })
  class Chat {}
  return said(() => new App({ services: [Chat] }));
}

/** What the start says of a `@Message` with these attributes. */
function ofMessage(attributes: object): string {
  @ManagedService('/chat')
  class Chat {
    @Message(attributes) onMessage(_text: string): void {}
  }
  return said(() => new App({ services: [Chat] }));
}

function ofApp(options: object): string {
  return said(() => new App({ services: [], ...options }));
}

class Nothing {}

describe('An attribute that there is not', () => {
  it('is refused, and the error names the nearest', () => {
    expect(ofService({ broadcastFilter: [] })).toBe(
      'Chat: its decorator has no attribute "broadcastFilter"; did you mean "broadcastFilters"?',
    );
    expect(ofService({ maxHistory: 5 })).toContain('Chat: its decorator has no attribute "maxHistory"');
    expect(ofMessage({ encoder: [] })).toBe(
      'Chat.onMessage: @Message has no attribute "encoder"; did you mean "encoders"?',
    );
  });

  it('may be one of another kind of service', () => {
    const services = (messages: object): Class<object>[] => [stream('/s', () => ({}), messages)];
    expect(() => new App({ services: services({ messages: 'json', encoders: [] }) })).not.toThrow();
    expect(said(() => new App({ services: services({ wireFormat: {} }) }))).toContain('has no attribute "wireFormat"');
    expect(ofService({ messages: 'json' })).toContain('Chat: its decorator has no attribute "messages"');
  });

  it('may be one of another decorator', () => {
    @ManagedService('/ready')
    class Chat {
      @Ready({ decoders: [] } as object) onReady(): void {}
    }
    expect(said(() => new App({ services: [Chat] }))).toBe(
      'Chat.onReady: @Ready has no attribute "decoders"; did you mean "encoders"?',
    );
    @ManagedService('/put')
    class Doc {
      @Put({ type: 'x' } as object) onPut(): void {}
      @Post({ items: String }) onPost(_lines: string[]): void {}
    }
    expect(said(() => new App({ services: [Doc] }))).toContain('Doc.onPut: @Put has no attribute "type"');
  });
});

describe('An attribute that is a list', () => {
  it.each(['interceptors', 'broadcastFilters', 'cacheInspectors', 'listeners'])('%s is one', (name) => {
    expect(ofService({ [name]: Nothing })).toBe(`Chat: ${name} must be a list: put it in brackets`);
    expect(ofService({ [name]: [undefined] })).toBe(`Chat: ${name}[0] is undefined; do two modules import each other?`);
    expect(ofService({ [name]: ['text'] })).toMatch(new RegExp(`^Chat: ${name}\\[0\\] is "text"; give an? `));
    expect(ofService({ [name]: [{}] })).toMatch(new RegExp(`^Chat: ${name}\\[0\\] is not an? .*: it has no`));
  });

  it.each(['encoders', 'decoders'])('%s is one', (name) => {
    expect(ofMessage({ [name]: {} })).toBe(`Chat.onMessage: ${name} must be a list: put it in brackets`);
    expect(ofMessage({ [name]: [undefined] })).toContain(`Chat.onMessage: ${name}[0] is undefined`);
    expect(ofMessage({ [name]: [Nothing] })).toMatch(
      /^Chat\.onMessage: \w+\[0\] \(Nothing\) is not an? \w+coder: it has no method \w+code$/,
    );
  });

  it.each(['interceptors', 'broadcastFilters', 'broadcasterListeners', 'listeners'])('%s of the app is one', (name) => {
    expect(ofApp({ [name]: {} })).toBe(`${name} must be a list: put it in brackets`);
    expect(ofApp({ [name]: [undefined] })).toContain(`${name}[0] is undefined`);
    expect(ofApp({ [name]: [Nothing] })).toContain(`${name}[0] (Nothing) is not a`);
  });

  it('atmosphereConfig and services are lists', () => {
    expect(ofService({ atmosphereConfig: 'a=b' })).toBe(
      "Chat: atmosphereConfig must be a list of texts, such as ['key=value']",
    );
    expect(ofApp({ services: undefined })).toBe('services must be a list of classes');
  });

  it('has what a class makes only when it is constructed', () => {
    class Arrow {
      readonly filter = (message: unknown) => ({ action: 'CONTINUE', message }) as const;
    }
    @ManagedService({ path: '/chat', broadcastFilters: [Arrow] })
    class Chat {}
    expect(() => new App({ services: [Chat] })).not.toThrow();
  });
});

describe('An attribute that is a class', () => {
  it('is one of broadcasters', () => {
    for (const broadcaster of [Nothing, {}, 'SimpleBroadcaster'])
      expect(ofService({ broadcaster })).toBe(
        'Chat: broadcaster must be a class of broadcasters: Broadcaster, or one that extends it',
      );
  });

  it('is one of logs', () => {
    expect(ofService({ broadcasterCache: Nothing })).toBe(
      'Chat: broadcasterCache: Nothing is no class of logs: it has no method append, at, expire',
    );
    expect(ofService({ broadcasterCache: 'UUIDBroadcasterCache' })).toBe(
      'Chat: broadcasterCache is "UUIDBroadcasterCache"; give a class of logs',
    );
  });
});

describe('An attribute that is a policy', () => {
  it('is one that there is', () => {
    expect(ofService({ slowClients: 'drop' })).toBe(
      'Chat: slowClients is "drop"; it must be "lag" or "drop-oldest" or "drop-newest" or "disconnect", or coalesce(key)',
    );
  });
});

describe('The priority of an interceptor', () => {
  it('is one that there is', () => {
    class Early {
      readonly priority = 'FIRST';
      inbound(): void {}
    }
    expect(ofService({ interceptors: [Early] })).toBe(
      'Chat: the priority of the interceptor Early is "FIRST"; it must be BEFORE_DEFAULT, DEFAULT, AFTER_DEFAULT',
    );
  });
});

describe('What chooses a @Message', () => {
  it('is a text, a function, a Standard Schema', () => {
    expect(ofMessage({ type: 5 })).toBe('Chat.onMessage: type is 5; it must be a text');
    expect(ofMessage({ when: true })).toBe(
      "Chat.onMessage: when must be a function that says whether a message is the method's",
    );
    expect(ofMessage({ schema: { parse: () => 1 } })).toMatch(/^Chat\.onMessage: schema is no Standard Schema .*zod/);
  });

  it('is no type where no JSON object can be', () => {
    @ManagedService('/chat')
    class Chat {
      @Message({ type: 'count' }) onCount(_count: number): void {}
    }
    expect(said(() => new App({ services: [Chat] }))).toBe(
      'Chat.onCount: type takes JSON objects, and the message is Number; take another class, or remove it',
    );
  });

  it('is not the same type twice, unless the first has a condition', () => {
    class Move {
      x!: number;
    }
    @ManagedService('/chat')
    class Chat {
      @Message({ type: 'move' }) onMove(_move: Move): void {}
      @Message({ type: 'move', when: () => true }) onOther(_move: Move): void {}
    }
    expect(said(() => new App({ services: [Chat] }))).toBe(
      'Chat.onOther is never reached: Chat.onMove, declared before it, takes every message of type "move". Give it another type, or declare it first with a when',
    );
    @ManagedService('/fine')
    class Fine {
      @Message({ type: 'move', when: () => true }) onOther(_move: Move): void {}
      @Message({ type: 'move' }) onMove(_move: Move): void {}
    }
    expect(() => new App({ services: [Fine] })).not.toThrow();
  });
});

describe('A class that is registered for all services', () => {
  it('is what it is registered as', () => {
    BroadcasterFilterService()(Nothing);
    expect(said(() => new App({ services: [Nothing] }))).toBe('Nothing is not a filter: it has no method filter');
    class Idle {}
    AtmosphereInterceptorService()(Idle);
    expect(said(() => new App({ services: [Idle] }))).toMatch(/^Idle is not an interceptor: it has none of .*inbound/);
  });
});

describe('Parameters with decorators', () => {
  it('belong to a method that somebody calls', () => {
    @ManagedService('/chat/{room}')
    class Chat {
      helper(@PathParam('room') _room: string): void {}
    }
    expect(said(() => new App({ services: [Chat] }))).toBe(
      'Chat.helper has @PathParam or @Named parameters but no @Message, @Ready or other decorator that calls it; add one',
    );
    @WebSocketHandlerService('/raw/{room}')
    class Raw {
      onOpen(_webSocket: unknown, @PathParam('room') _room: string): void {}
    }
    expect(said(() => new App({ services: [Raw] }))).toBe(
      'Raw.onOpen: methods of a @WebSocketHandlerService have no @PathParam and @Named parameters; make them fields',
    );
  });
});

describe('A decorator without parentheses', () => {
  class Chat {
    onMessage(): void {}
  }
  const onClass = { ManagedService, RoomService, WebSocketHandlerService, Singleton, BroadcasterFilterService };
  const onMember = { DeliverTo, PathParam, Named, Message, Ready };

  it.each(Object.entries(onClass))('@%s is told from one with them', (name, decorator) => {
    const text = said(() => (decorator as (of: unknown) => unknown)(Chat));
    expect(text).toMatch(new RegExp(`^Chat: write @${name}\\(.*\\) with parentheses$`));
  });

  it.each(Object.entries(onMember))('@%s is told from one with them, and of which method it was', (name, decorator) => {
    const text = said(() => (decorator as (...of: unknown[]) => unknown)(Chat.prototype, 'onMessage'));
    expect(text).toMatch(new RegExp(`^Chat.onMessage: write @${name}\\(.*\\) with parentheses$`));
  });

  it('in parentheses that are empty has no path, or no name', () => {
    class Empty {}
    (ManagedService as () => (of: Class) => void)()(Empty);
    expect(said(() => new App({ services: [Empty] }))).toBe('Empty: its path "undefined" must start with "/"');
  });
});

describe('A decorator that takes an object', () => {
  class Text {}

  /** What the start says of a method that was given something else. */
  function given(decorator: object, what: unknown): string {
    class Chat {
      onText(_text: string): void {}
    }
    (decorator as (of: unknown) => MethodDecorator)(what)(
      Chat.prototype,
      'onText',
      Object.getOwnPropertyDescriptor(Chat.prototype, 'onText') as PropertyDescriptor,
    );
    Reflect.defineMetadata('design:paramtypes', [String], Chat.prototype, 'onText');
    ManagedService('/chat')(Chat);
    return said(() => new App({ services: [Chat] }));
  }

  it.each<[string, object, unknown, string]>([
    ['@Message', Message, 'move', `was given "move"; it takes an object, such as @Message({ type: 'move' })`],
    ['@Message', Message, "it's", `was given "it's"; it takes an object, such as @Message({ type: 'it\\'s' })`],
    ['@Message', Message, null, `was given null; it takes an object, such as @Message({ type: 'move' })`],
    [
      '@Message',
      Message,
      Text,
      `was given the class Text; it takes an object, such as @Message({ type: 'move' }), or nothing: the type of the parameter says what a message is`,
    ],
    ['@Put', Put, 'x', 'was given "x"; it takes an object, such as @Put({ decoders: ... })'],
    ['@Ready', Ready, ['x'], 'was given ["x"]; it takes an object, such as @Ready({ encoders: ... })'],
    ['@Disconnect', Disconnect, 'x', 'takes nothing, and was given "x"; write @Disconnect()'],
    ['@Get', Get, '/a', 'takes nothing, and was given "/a"; write @Get()'],
  ])('%s and is given something else says what to write', (name, decorator, what, text) => {
    expect(given(decorator, what)).toBe(`Chat.onText: ${name} ${text}`);
  });
});

describe("The decorators of the language's standard", () => {
  it('are told from those of TypeScript, with the mend', () => {
    const apply = Message() as unknown as (method: unknown, context: object) => void;
    expect(said(() => apply(() => undefined, { kind: 'method', name: 'onMessage' }))).toBe(
      'onMessage: the decorators are TypeScript\'s. Set "experimentalDecorators" and "emitDecoratorMetadata" to true in tsconfig.json',
    );
  });
});

describe('@RoomAuth', () => {
  it('names an authorizer', () => {
    class Chat {}
    expect(said(() => RoomAuth(undefined as never)(Chat))).toBe(
      'Chat: @RoomAuth was given undefined; do two modules import each other?',
    );
  });
});
