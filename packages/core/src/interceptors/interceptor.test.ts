import type { Resource } from '../resource/resource';
import { Call } from '../methods/call';
import { Disconnect, Get, ManagedService, Message, Ready, WebSocketHandlerService } from '../declaration/decorators';
import { Failure } from '../errors';
import { fold, inOrder, type Interceptor, type Next } from './interceptor';
import { Scene, settled } from '../port.fixture';
import { Request } from '../request/request';
import { isPromise } from '../time/settle';

type Stage = (input: string, next: Next<string, string>) => string | PromiseLike<string>;
const around =
  (name: string): Stage =>
  (input, next) =>
    `${name}(${next(input) as string})`;

describe('init', () => {
  it('has the settings of the service, for an interceptor of all services and for one of its own alike', () => {
    const seen: string[] = [];
    const noting = (name: string): Interceptor => ({
      init: ({ config }) => void seen.push(`${name} ${config.logMessages}`),
    });
    @ManagedService({ path: '/one', config: { logMessages: 1 }, interceptors: [noting('own')] })
    class One {}
    @ManagedService({ path: '/two' })
    class Two {}
    new Scene([One, Two], { interceptors: [noting('shared')], config: { logMessages: 2 } });
    expect(seen).toEqual(['shared 1', 'own 1', 'shared 2']);
  });
});

describe('A folded chain', () => {
  it('runs its stages around the last, the first outermost', () => {
    expect(fold([around('a'), around('b')], (input) => input)('x')).toBe('a(b(x))');
    expect(fold<string, string>([], (input) => input)('x')).toBe('x');
  });

  it('lets a stage change what goes in and what comes out, or answer by itself', () => {
    const last = jest.fn((input: string) => input);
    const change: Stage = (input, next) => `${next(`${input}+`) as string}!`;
    expect(fold([change], last)('x')).toBe('x+!');
    expect(fold([around('a'), (input) => `no ${input}`, around('b')], last)('x')).toBe('a(no x)');
    expect(last).toHaveBeenCalledTimes(1);
  });

  it('stays synchronous unless a stage is not', async () => {
    const slow: Stage = async (input, next) => `slow(${await next(input)})`;
    expect(isPromise(fold([around('a')], (input) => input)('x'))).toBe(false);
    const outcome = fold([slow, around('b')], (input) => input)('x');
    expect(isPromise(outcome)).toBe(true);
    expect(await outcome).toBe('slow(b(x))');
  });

  it('can run its rest more than once', () => {
    const twice: Stage = (input, next) => `${next(input) as string}${next(input) as string}`;
    expect(fold([twice, around('a')], (input) => input)('x')).toBe('a(x)a(x)');
  });
});

describe('The order of interceptors', () => {
  it('is that of their priorities, and among equals the one given', () => {
    const names = new Map<Interceptor, string>();
    const one = (name: string, priority?: Interceptor['priority']): Interceptor => {
      const interceptor = priority ? { priority } : {};
      names.set(interceptor, name);
      return interceptor;
    };
    const given = [
      one('1'),
      one('2', 'DEFAULT'),
      one('3', 'AFTER_DEFAULT'),
      one('4', 'BEFORE_DEFAULT'),
      one('5', 'DEFAULT'),
      one('6'),
    ];
    expect(inOrder('Chat', given).map((interceptor) => names.get(interceptor))).toEqual(['4', '2', '5', '1', '3', '6']);
    expect(given.map((interceptor) => names.get(interceptor))).toEqual(['1', '2', '3', '4', '5', '6']);
  });
});

const plain = { protocol: false };

describe('Interceptors', () => {
  @ManagedService({
    path: '/wrapped',
    interceptors: [
      {
        inbound: (call, next) => {
          call.value = `${String(call.value)}+`;
          return next(call);
        },
      },
    ],
  })
  class Wrapped {
    @Message() onMessage(text: string): string {
      return text;
    }
  }
  const around = (name: string, priority?: Interceptor['priority']): Interceptor => ({
    ...(priority && { priority }),
    inbound: (call, next) => `${name}(${String(next(call))})`,
  });

  it("stand around the message by priority, the service's own inside the app's", () => {
    const scene = new Scene([Wrapped], { interceptors: [around('b'), around('a', 'BEFORE_DEFAULT')] });
    const client = scene.connect('stream', { ...plain, path: '/wrapped' });
    expect(scene.answers(client, 'x')).toEqual(['<a(b(x+))>']);
  });

  it('may answer later, refuse, or deliver nothing', async () => {
    const gate: Interceptor = {
      inbound: (call: Call, next: Next<Call, unknown>) => {
        if (call.value === 'drop') return undefined;
        if (call.value === 'no') throw new Failure('forbidden');
        if (call.value === 'late no') return Promise.reject(new Failure('unauthorized'));
        return call.value === 'late' ? settled().then(() => next(call)) : next(call);
      },
    };
    const scene = new Scene([Wrapped], { interceptors: [gate] });
    const client = scene.connect('stream', { ...plain, path: '/wrapped' });
    const outcomes = await Promise.all(
      ['drop', 'no', 'late no', 'late', 'now'].map(async (text) => client.resource.receive(text)),
    );
    expect(outcomes.map((failure) => failure?.code)).toEqual([
      undefined,
      'forbidden',
      'unauthorized',
      undefined,
      undefined,
    ]);
    scene.clock.turn();
    expect(client.texts.join('')).toBe('<late+><now+>');
  });

  it('may be classes that the container makes', () => {
    class Shout implements Interceptor {
      inbound(call: Call, next: Next<Call, unknown>): unknown {
        return `${String(next(call))}!`;
      }
    }
    const scene = new Scene([Wrapped], { interceptors: [Shout] });
    const client = scene.connect('stream', { ...plain, path: '/wrapped' });
    expect(scene.answers(client, 'x')).toEqual(['<x+!>']);
  });

  it('add their layer to the framing of each connection, once asked', () => {
    const framing = jest.fn((request: Request) =>
      request.query.has('loud') ? { id: 'loud', delimits: false, frame: (text: string) => `${text}!` } : undefined,
    );
    const scene = new Scene([Wrapped], { interceptors: [{ framing }] });
    const loud = scene.connect('stream', { ...plain, path: '/wrapped', query: 'loud' });
    const quiet = scene.connect('stream', { ...plain, path: '/wrapped' });
    for (let i = 0; i < 3; i++) loud.resource.receive('x');
    scene.clock.turn();
    expect([loud.texts.join(''), quiet.texts.join('')]).toEqual(['<x+!><x+!><x+!>', '<x+><x+><x+>']);
    expect(framing).toHaveBeenCalledTimes(2);
  });
});

describe('Interceptors around events', () => {
  const seen: string[] = [];
  const witness: Interceptor = {
    event: (call, next) => {
      seen.push(`${call.endpoint.path} ${call.event?.type ?? 'verb'}`);
      return next(call);
    },
  };

  @ManagedService({ path: '/told', interceptors: [witness] })
  class Told {
    @Ready() onReady(): string {
      return 'welcome';
    }
    @Get() onGet(): string {
      return 'got';
    }
    @Message() onMessage(text: string): string {
      return text;
    }
    @Disconnect() onDisconnect(): void {}
  }

  @WebSocketHandlerService({ path: '/raw', interceptors: [witness] })
  class Raw {
    onOpen(): void {}
    onTextMessage(): void {}
    onClose(): void {}
  }

  it.each(['/told', '/raw'])('stand around the methods of %s for events, not around those for messages', (path) => {
    seen.splice(0);
    const scene = new Scene([Told, Raw]);
    const client = scene.connect('socket', { ...plain, path });
    client.resource.receive('x');
    client.resource.goodbye();
    expect(seen).toEqual([`${path} ready`, `${path} disconnect`]);
  });

  it('stand around those for HTTP verbs, and give what they give', () => {
    seen.splice(0);
    const { app } = new Scene([Told]);
    const visitor = app.visitor(new Request({ method: 'GET', path: '/told' })) as Resource;
    expect(visitor.endpoint.verb('GET', visitor)).toBe('got');
    expect(seen).toEqual(['/told verb']);
  });
});
