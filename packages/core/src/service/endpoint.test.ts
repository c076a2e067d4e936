import { createHook } from 'node:async_hooks';
import { IsString } from 'class-validator';
import { DeliverTo, Disconnect, Heartbeat, ManagedService, Message, OnError, Ready } from '../declaration/decorators';
import { Failure } from '../errors';
import { Scene, settled, type FakeConnection } from '../port.fixture';

class Text {
  @IsString() text!: string;
}

const plain = { protocol: false };

describe('What a method returns', () => {
  @ManagedService('/deliver/{room}')
  class Deliver {
    @Ready() onReady(): string {
      return 'welcome';
    }
    @Message({ decoders: [{ accepts: (payload) => payload === 'own', decode: String }] }) @DeliverTo('RESOURCE') onOwn(
      _message: string,
    ): string {
      return 'to myself';
    }
    @Message({ decoders: [{ accepts: (payload) => payload === 'all', decode: String }] }) @DeliverTo('ALL') onAll(
      _message: string,
    ): object {
      return { to: 'all' };
    }
    @Message({ decoders: [{ accepts: (payload) => payload === 'nothing', decode: String }] }) onNothing(
      _message: string,
    ): null {
      return null;
    }
    @Message() onRoom(message: string): string {
      return message;
    }
  }

  function room() {
    const scene = new Scene([Deliver]);
    const at = (path: string): FakeConnection => scene.connect('stream', { ...plain, path: `/deliver/${path}` });
    const clients = { a: at('blue'), b: at('blue'), c: at('red') };
    scene.clock.turn();
    for (const client of Object.values(clients)) expect(client.texts.splice(0)).toEqual(['<welcome>']);
    const heard = (payload: string): (string[] | undefined)[] => {
      const before = Object.values(clients).map((client) => client.texts.length);
      clients.a.resource.receive(payload);
      scene.clock.turn();
      return Object.values(clients).map((client, index) => client.texts.slice(before[index]));
    };
    return { scene, clients, heard };
  }

  it('goes to the resource alone, from @Ready and with RESOURCE', () => {
    expect(room().heard('own')).toEqual([['<to myself>'], [], []]);
  });

  it('goes to everyone on the path by default', () => {
    expect(room().heard('hi')).toEqual([['<hi>'], ['<hi>'], []]);
  });

  it('goes to every resource of the app with ALL, once even to one that is subscribed to several broadcasters', () => {
    const { scene, clients, heard } = room();
    clients.b.resource.subscribe(scene.app.broadcasters.lookup('/deliver/red'));
    clients.b.resource.subscribe(scene.app.broadcasters.lookup('news'));
    expect(heard('all')).toEqual([['<{"to":"all"}>'], ['<{"to":"all"}>'], ['<{"to":"all"}>']]);
  });

  it('is nothing when it is null or undefined', () => {
    expect(room().heard('nothing')).toEqual([[], [], []]);
  });
});

describe('A handler that fails', () => {
  @ManagedService('/fail')
  class Failing {
    @Message() async onMessage({ text }: Text): Promise<string> {
      if (text === 'reject') throw new Error('rejected');
      if (text === 'refuse') throw new Failure('forbidden', 'No.');
      return text;
    }
    @OnError() onError(failure: Failure): void {
      if (failure.message === 'No.') throw new Error('@OnError broke');
    }
  }

  it('late gives the same answer as one that throws, tells the app and the log, and the next message is handled', async () => {
    const told: string[] = [];
    const scene = new Scene([Failing], {
      onError: (failure, resource) => void told.push(`${failure.code} ${resource.uuid}`),
    });
    const client = scene.connect('stream', { ...plain, path: '/fail' });
    const outcomes = ['reject', 'refuse', 'fine'].map(async (text) =>
      client.resource.receive(JSON.stringify({ text })),
    );
    const failures = await Promise.all(outcomes);
    expect(failures.map((failure) => failure?.code)).toEqual(['handler-failed', 'forbidden', undefined]);
    scene.clock.turn();
    expect(client.texts).toEqual(['<fine>']);
    expect(told).toEqual(['handler-failed', 'forbidden'].map((code) => `${code} ${client.resource.uuid}`));
    const errors = scene.logger.lines.filter(({ level }) => level === 'error');
    expect(errors.map(({ message }) => message)).toEqual([
      'The server could not handle the message.',
      '@OnError failed',
    ]);
    expect(errors[0]?.fields).toMatchObject({ service: 'Failing', path: '/fail', cause: new Error('rejected') });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('hook broke');
      },
    ],
    ['rejects', () => Promise.reject(new Error('hook broke'))],
  ])("is answered even when the app's own hook %s", async (_title, onError) => {
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the mistake that is tested
    const scene = new Scene([Failing], { onError });
    const client = scene.connect('stream', { ...plain, path: '/fail' });
    expect(client.resource.receive('{')).toMatchObject({ code: 'malformed-message' });
    expect(await client.resource.receive('{"text":"reject"}')).toMatchObject({ code: 'handler-failed' });
    await settled();
    expect(scene.logger.lines.filter(({ message }) => message === 'The onError hook failed')).toHaveLength(2);
  });

  it('may return any thenable, and is waited for', async () => {
    @ManagedService('/thenable')
    class Thenable {
      @Message() onMessage(text: string): unknown {
        return {
          then: (resolve: (value: string) => void, reject: (error: unknown) => void) => {
            queueMicrotask(() => (text === 'no' ? reject(new Error('no')) : resolve(`later ${text}`)));
          },
        };
      }
    }
    const scene = new Scene([Thenable]);
    const client = scene.connect('stream', { ...plain, path: '/thenable' });
    expect(await client.resource.receive('x')).toBeUndefined();
    expect(await client.resource.receive('no')).toMatchObject({ code: 'handler-failed' });
    scene.clock.turn();
    expect(client.texts).toEqual(['<later x>']);
  });
});

describe('The messages of one resource', () => {
  const log: string[] = [];
  const gates = new Map<string, () => void>();

  @ManagedService('/order')
  class Order {
    @Message() onMessage(text: string): Promise<void> | undefined {
      log.push(`begin ${text}`);
      if (!text.startsWith('slow')) return undefined;
      return new Promise<void>((resolve) => gates.set(text, resolve)).then(() => void log.push(`end ${text}`));
    }
    @Heartbeat() onHeartbeat(): void {
      log.push('heartbeat');
    }
    @Disconnect() onDisconnect(): void {
      log.push('disconnect');
    }
  }

  beforeEach(() => log.splice(0));

  it('are handled in order, each after the one before it, and other resources wait for nobody', async () => {
    const scene = new Scene([Order], { config: { clientHeartbeatSeconds: 1 } });
    const [a, b] = [scene.connect('stream', { path: '/order' }), scene.connect('stream', { path: '/order' })];
    const outcomes = ['slow 1', 'a2', 'X', 'slow 3', 'a4'].map(async (text) => a.resource.receive(text));
    expect(b.resource.receive('b1')).toBeUndefined();
    expect(log).toEqual(['begin slow 1', 'begin b1']);
    gates.get('slow 1')?.();
    await settled();
    expect(log.slice(2)).toEqual(['end slow 1', 'begin a2', 'heartbeat', 'begin slow 3']);
    a.resource.goodbye();
    gates.get('slow 3')?.();
    await Promise.all(outcomes);
    await settled();
    expect(log.slice(6)).toEqual(['end slow 3', 'begin a4', 'disconnect']);
  });

  it('beyond the limit of those that wait are refused as overloaded, heartbeats too', async () => {
    const scene = new Scene([Order], {
      config: { clientHeartbeatSeconds: 1 },
      limits: { maxPendingMessages: 2 },
    });
    const { resource } = scene.connect('stream', { path: '/order' });
    const outcomes = ['slow', 'a', 'b', 'c', 'X'].map(async (text) => resource.receive(text));
    gates.get('slow')?.();
    const codes = (await Promise.all(outcomes)).map((failure) => failure?.code);
    expect(codes).toEqual([undefined, undefined, undefined, 'overloaded', 'overloaded']);
    expect(log).toEqual(['begin slow', 'end slow', 'begin a', 'begin b']);
  });

  it('cost no promise and no queue while handlers are synchronous', () => {
    const scene = new Scene([Order]);
    const { resource } = scene.connect('socket', { path: '/order' });
    let promises = 0;
    const hook = createHook({ init: (_id, type) => void (promises += Number(type === 'PROMISE')) }).enable();
    try {
      expect(resource.receive('a')).toBeUndefined();
      expect(resource.receive('b')).toBeUndefined();
    } finally {
      hook.disable();
    }
    expect(promises).toBe(0);
    expect(log).toEqual(['begin a', 'begin b']);
  });
});
