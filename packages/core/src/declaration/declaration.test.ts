import { App } from '../app/app';
import { ExcludeResourceBroadcaster } from '../broadcaster/exclude-resource-broadcaster';
import {
  AtmosphereInterceptorService,
  BroadcasterFilterService,
  DeliverTo,
  Disconnect,
  Get,
  Heartbeat,
  ManagedService,
  Message,
  Named,
  OnError,
  PathParam,
  Put,
  Ready,
  Resume,
  Singleton,
  WebSocketHandlerService,
} from './decorators';
import { DeclarationError } from '../errors';
import type { Class } from './metadata';
import { thrownBy } from '../port.fixture';
import { SimpleBroadcaster } from '../broadcaster/simple-broadcaster';

/** The declaration error with which a start with these classes ends. */
function refusal(...services: Class<object>[]): string {
  const error = thrownBy(() => new App({ services }));
  expect(error).toBeInstanceOf(DeclarationError);
  return (error as DeclarationError).message;
}

/** The declaration error with which a declaration itself ends. */
function refusedAtOnce(declare: () => unknown): string {
  const error = thrownBy(declare);
  expect(error).toBeInstanceOf(DeclarationError);
  return (error as DeclarationError).message;
}

describe('A field with @PathParam', () => {
  it('names a variable of the path', () => {
    @ManagedService('/chat/{room}')
    class Chat {
      @PathParam('rom') readonly room!: string;
    }
    expect(refusal(Chat)).toBe("Chat.room: @PathParam('rom') names no variable of the path /chat/{room}");
  });

  it('takes its own name where it names none', () => {
    @ManagedService('/chat/{room}')
    class Chat {
      @PathParam() readonly name!: string;
    }
    expect(refusal(Chat)).toBe("Chat.name: @PathParam('name') names no variable of the path /chat/{room}");
  });

  it('is a string', () => {
    @ManagedService('/chat/{room}')
    class Chat {
      @PathParam() readonly room!: number;
    }
    expect(refusal(Chat)).toBe('Chat.room has @PathParam and must be a string');
  });

  it('has no place in a @Singleton, which serves many paths', () => {
    @Singleton()
    @ManagedService('/chat/{room}')
    class Chat {
      @PathParam() readonly room!: string;
    }
    expect(refusal(Chat)).toBe(
      "Chat.room: a @Singleton serves many paths, so a field can't hold what is of one; make it a parameter: @PathParam('room')",
    );
  });

  it('belongs to the instance', () => {
    const declare = (): unknown => {
      class Chat {
        @PathParam() static room: string;
      }
      return Chat;
    };
    expect(refusedAtOnce(declare)).toBe("Chat.room is static; a service's methods belong to its instances");
  });
});

describe('@PathParam on a parameter', () => {
  it('must name its variable', () => {
    const declare = (): unknown => {
      class Chat {
        @Ready() onReady(@PathParam() _room: string): void {}
      }
      return Chat;
    };
    expect(refusedAtOnce(declare)).toBe(
      "Chat.onReady: @PathParam on a parameter must name the variable, such as @PathParam('room')",
    );
  });
});

describe('A method', () => {
  it('has a decorator once', () => {
    const declare = (): unknown => {
      class Chat {
        @Message({ type: 'a' }) @Message({ type: 'b' }) onMessage(_text: string): void {}
      }
      return Chat;
    };
    expect(refusedAtOnce(declare)).toBe('Chat.onMessage has @Message twice; keep one');
  });

  it.each([
    ['Ready', Ready],
    ['Disconnect', Disconnect],
    ['Heartbeat', Heartbeat],
    ['OnError', OnError],
    ['Resume', Resume],
    ['Get', Get],
    ['Put', Put],
  ])('with @%s is the only one of its kind', (name, decorator) => {
    class Chat {
      first(): void {}
      second(): void {}
    }
    for (const method of ['first', 'second']) {
      decorator()(Chat.prototype, method);
      Reflect.defineMetadata('design:paramtypes', [], Chat.prototype, method);
    }
    ManagedService('/chat')(Chat);
    expect(refusal(Chat)).toBe(`Chat has 2 @${name} methods (first, second); keep one`);
  });

  it('whose return value is not delivered has no @DeliverTo', () => {
    @ManagedService('/chat')
    class Chat {
      @Get() @DeliverTo('ALL') onGet(): string {
        return 'x';
      }
    }
    expect(refusal(Chat)).toBe('Chat.onGet has @DeliverTo, but what @Get methods return is not delivered; remove it');
    @ManagedService('/error')
    class Failing {
      @OnError() @DeliverTo('RESOURCE') onError(): void {}
    }
    expect(refusal(Failing)).toContain('what @OnError methods return is not delivered');
  });

  it('has a schema or decoders, not both', () => {
    const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
    @ManagedService('/chat')
    class Chat {
      @Message({ schema, decoders: [{ decode: String }] }) onMessage(_text: unknown): void {}
    }
    expect(refusal(Chat)).toBe('Chat.onMessage has a schema and decoders; keep one of them');
  });
});

describe('A parameter that is a kind of broadcaster', () => {
  it("is one of the service's", () => {
    @ManagedService('/chat')
    class Chat {
      @Ready() onReady(_broadcaster: ExcludeResourceBroadcaster): void {}
    }
    expect(refusal(Chat)).toBe(
      'Chat.onReady: parameter 1 asks for ExcludeResourceBroadcaster, which the broadcasters of Chat are not; add broadcaster: ExcludeResourceBroadcaster to its options',
    );
    @ManagedService({ path: '/fine', broadcaster: ExcludeResourceBroadcaster })
    class Fine {
      @Message() onMessage(_broadcaster: ExcludeResourceBroadcaster, _text: string): void {}
      @Ready() onReady(@Named('news') _news: SimpleBroadcaster): void {}
    }
    expect(() => new App({ services: [Fine] })).not.toThrow();
  });
});

describe('A class', () => {
  it('is a service once', () => {
    const declare = (): unknown => {
      @ManagedService('/chat')
      @WebSocketHandlerService('/chat')
      class Chat {}
      return Chat;
    };
    expect(refusedAtOnce(declare)).toBe('Chat is declared a service twice; keep one decorator');
  });

  it('is a service, or is registered for all services', () => {
    @BroadcasterFilterService()
    @ManagedService('/chat')
    class Chat {}
    expect(refusal(Chat)).toBe('Chat is registered as broadcast-filter and as a service; make two classes of it');
  });

  it('is registered as one thing', () => {
    const declare = (): unknown => {
      @BroadcasterFilterService()
      @AtmosphereInterceptorService()
      class Both {}
      return Both;
    };
    expect(refusedAtOnce(declare)).toBe(
      'Both is registered as interceptor and as broadcast-filter; make two classes of it',
    );
  });

  it('that is given twice counts once', () => {
    @ManagedService('/chat')
    class Chat {}
    expect(new App({ services: [Chat, Chat] }).services).toHaveLength(1);
  });
});

describe('A handler of raw WebSockets', () => {
  it('has no decorated methods', () => {
    @WebSocketHandlerService('/ws')
    class Raw {
      @Message() onTextMessage(_text: string): void {}
    }
    expect(refusal(Raw)).toBe(
      'Raw.onTextMessage: @Message is for @ManagedService; a @WebSocketHandlerService implements WebSocketHandler',
    );
  });

  it('has one method for a kind of message', () => {
    @WebSocketHandlerService('/ws')
    class Raw {
      onTextMessage(): void {}
      onTextStream(): void {}
    }
    expect(refusal(Raw)).toBe('Raw has onTextMessage and onTextStream; a message goes to one of them: keep one');
  });

  it('does something', () => {
    @WebSocketHandlerService('/ws')
    class Idle {
      onClose(): void {}
    }
    expect(refusal(Idle)).toBe(
      'Idle has @WebSocketHandlerService but none of onOpen, onTextMessage, onTextStream, onBinaryMessage, onBinaryStream; write one of them',
    );
  });
});
