import { IsString } from 'class-validator';
import { Broadcaster } from '../broadcaster/broadcaster';
import {
  DeliverTo,
  Disconnect,
  Get,
  Heartbeat,
  ManagedService,
  Message,
  Named,
  OnError,
  PathParam,
  Ready,
  Resume,
  WebSocketHandlerService,
} from './decorators';
import { Failure } from '../errors';
import type { Filter } from '../filters/filter';
import { Scene, type FakeConnection } from '../port.fixture';
import { Resource } from '../resource/resource';
import { ResourceEvent } from '../resource/resource-event';
import type { ResourceListener } from '../resource/resource-listener';
import type { WebSocket } from '../web-socket/web-socket';

class Text {
  @IsString() text!: string;
}

const plain = { protocol: false };

describe('A class that extends a service', () => {
  class Base {
    @Ready() onReady(): string {
      return 'base';
    }
    @Message() @DeliverTo('RESOURCE') onText(message: Text): string {
      return `base ${message.text}`;
    }
    @Message() @DeliverTo('RESOURCE') onNumber(value: number): string {
      return `base ${value}`;
    }
  }

  @ManagedService('/derived')
  class Derived extends Base {
    override onReady(): string {
      return 'derived';
    }
    @Message() @DeliverTo('BROADCASTER') override onNumber(value: number): string {
      return `derived ${value}`;
    }
  }

  it('has its methods, calls its own where it overrides them, and counts each once', () => {
    const scene = new Scene([Derived]);
    const [a, b] = [1, 2].map(() => scene.connect('stream', { ...plain, path: '/derived' })) as [
      FakeConnection,
      FakeConnection,
    ];
    scene.clock.turn();
    expect(a.texts).toEqual(['<derived>']);
    expect(scene.answers(a, '{"text":"x"}')).toEqual(['<base x>']);
    expect(scene.answers(a, '5')).toEqual(['<derived 5>']);
    expect(b.texts).toEqual(['<derived>', '<derived 5>']);
  });
});

describe('Once an app has started', () => {
  const seen: ResourceListener = { onBroadcast: () => undefined };
  class Fresh implements ResourceListener {
    onSuspend(): void {}
  }
  const pass: Filter = {
    filter: (message) => ({ action: 'CONTINUE', message }),
    filterFor: (message) => ({ action: 'CONTINUE', message }),
  };

  @ManagedService({ path: '/still/{room}', listeners: [seen, Fresh], broadcastFilters: [pass] })
  class Still {
    @PathParam() readonly room!: string;

    @Ready() onReady(_resource: Resource, @PathParam('room') _room: string): void {}
    @Message({ type: 'note' }) onNote(message: Text, @Named('news') news: Broadcaster): Text {
      news.broadcast(message);
      return message;
    }
    @Message() onText(message: Text): Text {
      return message;
    }
    @Message() async onNumber(value: number): Promise<number> {
      return value;
    }
    @Get() onGet(_resource: Resource): string {
      return 'got';
    }
    @Heartbeat() onHeartbeat(_event: ResourceEvent): void {}
    @Resume() onResume(_event: ResourceEvent): void {}
    @Disconnect() onDisconnect(_event: ResourceEvent): void {}
    @OnError() onError(_failure: Failure): void {}
  }

  @WebSocketHandlerService('/raw/{room}')
  class Raw {
    onTextMessage(webSocket: WebSocket, text: string): void {
      webSocket.write(text);
    }
  }

  /** Runs work and tells what was called of `Reflect` meanwhile. */
  async function reflected(work: () => unknown): Promise<string[]> {
    const called: string[] = [];
    const own = Object.getOwnPropertyDescriptors(Reflect);
    const names = Object.keys(own).filter((name) => typeof own[name]?.value === 'function');
    for (const name of names) {
      const original = own[name]?.value as (...args: unknown[]) => unknown;
      const value = (...args: unknown[]): unknown => {
        called.push(name);
        return original.apply(Reflect, args);
      };
      Object.defineProperty(Reflect, name, { ...own[name], value });
    }
    try {
      await work();
    } finally {
      for (const name of names) Object.defineProperty(Reflect, name, own[name] as PropertyDescriptor);
    }
    return called;
  }

  it('nothing is reflected any more: not for connects of known paths, messages, broadcasts, or the end', async () => {
    const scene = new Scene([Still, Raw], { config: { clientHeartbeatSeconds: 5 } });
    for (const path of ['/still/a', '/raw/a']) scene.connect('socket', { path });
    const calls = await reflected(async () => {
      const client = scene.connect('socket', { path: '/still/a', tracking: true });
      const { resource } = client;
      const payloads = ['{"type":"note","text":"x"}', '{"text":"x"}', '5', '{"text":5}', '{', 'X'];
      for (const payload of payloads) await resource.receive(payload);
      resource.endpoint.verb('GET', resource);
      scene.app.broadcasters.lookup('news').broadcast('x', { to: () => true });
      await scene.app.metaBroadcaster.broadcastTo('/still/*', { text: 'all' });
      const raw = scene.connect('socket', { path: '/raw/a' });
      raw.resource.receive('text');
      scene.clock.turn();
      resource.resume();
      resource.detach(client, 'lost');
      scene.again(client).resource.goodbye();
      raw.resource.close();
    });
    expect(calls).toEqual([]);
  });

  it('a path that is new costs only what its instance costs', async () => {
    const scene = new Scene([Still]);
    expect(await reflected(() => scene.connect('socket', { path: '/still/new' }))).toEqual([]);
  });

  it('and the count does count', async () => {
    expect(await reflected(() => Reflect.getMetadata('x', Still))).toEqual(['getMetadata']);
  });
});
