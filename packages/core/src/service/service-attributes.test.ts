import { Failure } from '../errors';
import { Broadcaster } from '../broadcaster/broadcaster';
import { ExcludeResourceBroadcaster } from '../broadcaster/exclude-resource-broadcaster';
import { SimpleBroadcaster } from '../broadcaster/simple-broadcaster';
import { BoundedMemoryCache } from '../log/bounded-memory-cache';
import { NoBroadcasterCache } from '../log/no-cache';
import { UUIDBroadcasterCache } from '../log/uuid-broadcaster-cache';
import type { Call } from '../methods/call';
import { DeliverTo, ManagedService, Message, Ready, WebSocketHandlerService } from '../declaration/decorators';
import type { Filter } from '../filters/filter';
import type { Interceptor, Next } from '../interceptors/interceptor';
import { MemoryLog } from '../log/message-log';
import { Scene, type FakeConnection } from '../port.fixture';
import type { ResourceEvent } from '../resource/resource-event';
import type { ResourceListener } from '../resource/resource-listener';
import { webSocketOf, type WebSocket } from '../web-socket/web-socket';

const plain = { protocol: false };
const suffix = (text: string): Filter => ({
  filter: (message) => ({ action: 'CONTINUE', message: `${String(message)}${text}` }),
});

class Echo {
  @Message() onMessage(text: string): string {
    return text;
  }
}

@ManagedService('/plain')
class Plain extends Echo {}

/** A service, and one that says nothing, side by side. */
function beside(service: new () => object, path: string) {
  const scene = new Scene([service, Plain]);
  const [own, other] = [path, '/plain'].map((at) => scene.connect('stream', { ...plain, path: at })) as [
    FakeConnection,
    FakeConnection,
  ];
  return { scene, own, other };
}

describe('An attribute of one service leaves the others alone', () => {
  it('broadcaster', () => {
    @ManagedService({ path: '/own', broadcaster: SimpleBroadcaster })
    class Own {}
    const { own, other } = beside(Own, '/own');
    expect([own, other].map(({ resource }) => resource.broadcaster.constructor)).toEqual([
      SimpleBroadcaster,
      Broadcaster,
    ]);
  });

  it('broadcastFilters', () => {
    @ManagedService({ path: '/own', broadcastFilters: [suffix('!'), suffix('?')] })
    class Own extends Echo {}
    const { scene, own, other } = beside(Own, '/own');
    expect([own, other].map((client) => scene.answers(client, 'x'))).toEqual([['<x!?>'], ['<x>']]);
  });

  it.each([MemoryLog, UUIDBroadcasterCache, BoundedMemoryCache, NoBroadcasterCache])(
    'broadcasterCache: %p',
    (cache) => {
      @ManagedService({ path: '/own', broadcasterCache: cache })
      class Own {}
      const { own, other } = beside(Own, '/own');
      expect([own, other].map(({ resource }) => resource.broadcaster.log.constructor)).toEqual([cache, MemoryLog]);
    },
  );

  it('cacheInspectors', () => {
    const secrets = { inspect: (message: unknown) => !String(message).startsWith('secret') };
    @ManagedService({ path: '/own', cacheInspectors: [secrets] })
    class Own extends Echo {}
    const { scene, own, other } = beside(Own, '/own');
    for (const client of [own, other])
      expect(['secret', 'x'].flatMap((text) => scene.answers(client, text))).toEqual(['<secret>', '<x>']);
    expect([own, other].map(({ resource }) => resource.broadcaster.log.end)).toEqual([1, 2]);
  });

  it('interceptors', () => {
    class Shout implements Interceptor {
      inbound(call: Call, next: Next<Call, unknown>): unknown {
        return `${String(next(call))}!`;
      }
    }
    @ManagedService({ path: '/own', interceptors: [Shout] })
    class Own extends Echo {}
    const { scene, own, other } = beside(Own, '/own');
    expect([own, other].map((client) => scene.answers(client, 'x'))).toEqual([['<x!>'], ['<x>']]);
  });

  it('listeners: an object is shared, a class is made anew for each resource', () => {
    const told: string[] = [];
    let made = 0;
    class Counted implements ResourceListener {
      readonly number = ++made;
      onSuspend({ resource }: ResourceEvent): void {
        told.push(`${this.number} ${resource.endpoint.path}`);
      }
    }
    const shared: ResourceListener = { onSuspend: () => void told.push('shared') };
    @ManagedService({ path: '/own', listeners: [Counted, shared] })
    class Own {}
    const { scene } = beside(Own, '/own');
    scene.connect('stream', { ...plain, path: '/own' });
    expect(told).toEqual(['1 /own', 'shared', '2 /own', 'shared']);
  });

  it('config and limits', () => {
    @ManagedService({
      path: '/own',
      config: { heartbeatSeconds: 5, recoverySeconds: 1, logMessages: 2 },
      limits: { maxPendingMessages: 1 },
    })
    class Own {
      @Message() onMessage(_text: string): Promise<void> {
        return new Promise(() => undefined);
      }
    }
    const { scene, own, other } = beside(Own, '/own');
    scene.clock.advance(5_700);
    expect([own.pings, other.pings]).toEqual([1, 0]);
    expect(['a', 'b', 'c'].map((text) => own.resource.receive(text)).at(-1)).toMatchObject({ code: 'overloaded' });
    expect(['a', 'b', 'c'].map((text) => other.resource.receive(text))).toEqual([undefined, undefined, undefined]);
    for (const client of [own, other]) {
      client.resource.detach(client, 'lost');
      for (const text of ['1', '2', '3']) client.resource.send(text);
    }
    expect([own, other].map((client) => scene.again(client, plain).texts.join(''))).toEqual([
      '<2><3>',
      '<a><b><c><1><2><3>',
    ]);
    for (const client of [own, other]) client.resource.detach(scene.again(client, plain), 'lost');
    scene.clock.advance(1_100);
    expect([own, other].map(({ resource }) => resource.state)).toEqual(['closed', 'away']);
  });
});

describe('What the broadcaster of a service is made of', () => {
  it('does not depend on who asks for it first: the application, another service, or a client', () => {
    @ManagedService({
      path: '/own/{room}',
      broadcaster: SimpleBroadcaster,
      broadcasterCache: NoBroadcasterCache,
      broadcastFilters: [suffix('!')],
    })
    class Own {}
    const scene = new Scene([Own]);
    const early = scene.app.broadcasters.lookup('/own/1');
    const { broadcaster } = scene.connect('stream', { path: '/own/1' }).resource;
    expect(broadcaster).toBe(early);
    expect(early).toBeInstanceOf(SimpleBroadcaster);
    expect([early.log.constructor, early.filters.length]).toEqual([NoBroadcasterCache, 1]);
    expect(scene.connect('stream', { path: '/own/2' }).resource.broadcaster).toBeInstanceOf(SimpleBroadcaster);
    expect(scene.app.broadcasters.lookup('/elsewhere')).not.toBeInstanceOf(SimpleBroadcaster);
  });

  it('reaches methods as the class that it is of', () => {
    @ManagedService({ path: '/own', broadcaster: ExcludeResourceBroadcaster })
    class Own {
      @Message() onMessage(text: string, broadcaster: ExcludeResourceBroadcaster, call: Broadcaster): void {
        broadcaster.broadcast(`${text} ${String(call === broadcaster)}`);
      }
    }
    const { scene, own } = beside(Own, '/own');
    expect(scene.answers(own, 'x')).toEqual(['<x true>']);
  });

  it('is the same for a handler of raw WebSockets', () => {
    const told: string[] = [];
    class Told implements ResourceListener {
      onSuspend(): void {
        told.push('suspend');
      }
    }
    @WebSocketHandlerService({
      path: '/own',
      broadcaster: SimpleBroadcaster,
      broadcasterCache: NoBroadcasterCache,
      broadcastFilters: [suffix('!')],
      interceptors: [{ inbound: (call, next) => ((call.value = `<${String(call.value)}>`), next(call)) }],
      listeners: [Told],
    })
    class Own {
      onTextMessage(webSocket: WebSocket, text: string): void {
        webSocket.broadcast(text);
      }
    }
    const scene = new Scene([Own]);
    const client = scene.connect('socket', { ...plain, path: '/own' });
    expect(scene.answers(client, 'x')).toEqual(['<x>!']);
    expect(told).toEqual(['suspend']);
    expect(webSocketOf(client.resource).broadcaster).toBeInstanceOf(SimpleBroadcaster);
  });
});

describe('Encoders and decoders', () => {
  const reverse = (text: unknown): string => [...String(text)].reverse().join('');

  class Reversed {
    decode(payload: unknown): string {
      return reverse(payload);
    }
    encode(value: string): string {
      return reverse(value);
    }
  }

  @ManagedService('/own')
  class Own {
    @Ready({ encoders: [Reversed] }) onReady(): string {
      return 'ready';
    }
    @Message({ decoders: [Reversed], encoders: [{ encode: (value: string) => `(${value})` }] })
    @DeliverTo('ALL')
    onMessage(text: string): string {
      return `${text}.`;
    }
  }

  it('are those of the method: of @Ready, and of @Message with whoever gets what it returns', () => {
    const { scene, own, other } = beside(Own, '/own');
    scene.clock.turn();
    expect(own.texts).toEqual(['<ydaer>']);
    expect(scene.answers(own, 'abc')).toEqual(['<(cba.)>']);
    expect(other.texts).toEqual(['<(cba.)>']);
  });

  it('say once that they threw, however often a client brings it about, but not that they refuse', () => {
    class Careless {
      accepts(payload: unknown): boolean {
        if (payload === 'not even') throw new RangeError('not even asked');
        return payload !== 'other';
      }
      decode(payload: unknown): unknown {
        if (payload === 'refused') throw new Failure('invalid-message');
        return (payload as { deep: { er: string } }).deep.er;
      }
    }
    @ManagedService('/careless')
    class Room {
      @Message({ decoders: [Careless, { decode: () => JSON.parse('{') as unknown }] }) on(_: unknown): void {}
    }
    const { scene, own } = beside(Room, '/careless');
    const { lines } = scene.logger;
    const said = (): string[] =>
      lines.splice(0).flatMap(({ level, message, fields }) => {
        const { cause } = (fields ?? {}) as { cause?: Error };
        return level === 'debug' ? [] : [`${level} ${message}: ${cause?.name}`];
      });
    said();
    expect(scene.answers(own, 'refused')[0]).toBe('invalid-message');
    expect(said()).toEqual([]);
    const mend = 'threw, and its sender is told malformed-message; this is said once. A Failure refuses a message';
    expect(scene.answers(own, 'x')[0]).toBe('malformed-message');
    expect(said()).toEqual([`warn Room.on: decoders[0] (Careless) ${mend}: TypeError`]);
    expect(scene.answers(own, 'not even')[0]).toBe('malformed-message');
    expect(scene.answers(own, 'other')[0]).toBe('malformed-message');
    expect(said()).toEqual([`warn Room.on: decoders[1] ${mend}: SyntaxError`]);
    for (const text of ['x', 'other', 'not even']) scene.answers(own, text);
    expect(said()).toEqual([]);
  });

  it('of a method whose @Ready is delivered to all of the broadcaster', () => {
    @ManagedService('/loud')
    class Loud {
      @Ready() @DeliverTo('BROADCASTER') onReady(): object {
        return { somebody: 'came' };
      }
    }
    const { scene, own } = beside(Loud, '/loud');
    scene.clock.turn();
    scene.connect('stream', { ...plain, path: '/loud' });
    scene.clock.turn();
    expect(own.texts.join('')).toBe('<{"somebody":"came"}><{"somebody":"came"}>');
  });
});
