import { connect, RecordingLogger } from '@ionosphere/testing';
import { App, type AppOptions } from '../app/app';
import { PathParam, Ready, Singleton } from '../declaration/decorators';
import { Failure } from '../errors';
import { Scene } from '../port.fixture';
import { AtmosphereClient } from './atmosphere-client';
import { atmosphere, AtmosphereRoute } from './atmosphere-route';
import { clientFilter, Everyone, OnlySelf, SkipSelf } from './client-filter';
import { hasShape, match, type ClientMessage } from './client-message';
import { WireFormat } from './wire-format';

/** What all clients received, in order. */
let heard: string[] = [];
beforeEach(() => (heard = []));

@AtmosphereRoute('/the-chat/{room}')
class ChatClient extends AtmosphereClient {
  @PathParam() room!: string;
  messages = 0;

  receive(message: ClientMessage): void | Promise<void> {
    return match<void | Promise<void>>(message, {
      Connected: ({ recovered }) => void heard.push(`connected to ${this.room}${recovered ? ' again' : ''}`),
      Disconnected: ({ by, error }) => void heard.push(`${by} ${error?.message ?? 'without error'}`),
      TextMessage: ({ text }) => this.say(text),
      JsonMessage: ({ content }) => {
        if (hasShape(content, { type: 'move', x: Number })) this.send(`moved to ${content.x}`);
        else this.broadcast(content);
      },
      BinaryMessage: ({ bytes }) => this.send(bytes),
      ErrorEvent: ({ error }) => void heard.push(`error ${error.code}`),
    });
  }

  say(text: string): void | Promise<void> {
    if (text === 'throw') throw new Failure('forbidden', 'Not you.');
    if (text === 'reject') return Promise.reject(new TypeError('oops'));
    if (text === 'bye') return this.close();
    if (text === 'everyone') return void this.broadcast('to all', Everyone);
    if (text === 'self') return void this.broadcast('to me', OnlySelf);
    if (text === 'busy') return void this.broadcast('to the busy', SkipSelf.and(clientFilter(isBusy)));
    if (text === 'idle') return void this.broadcast('to the idle', clientFilter(isBusy).not());
    this.send(`${text} ${++this.messages} of ${this.uuid === this.resource.uuid}`);
  }
}

function isBusy({ messages }: ChatClient): boolean {
  return messages > 0;
}

class EchoClient extends AtmosphereClient {
  receive(message: ClientMessage): void {
    if (message.type === 'TextMessage') this.send(message.text);
  }
}

function running(services: AppOptions['services'] = [ChatClient], options: Partial<AppOptions> = {}): App {
  const app = new App({ ...options, services });
  apps.push(app);
  return app;
}
const apps: App[] = [];
const turn = () => new Promise((resolve) => setImmediate(resolve));

afterEach(async () => {
  for (const app of apps.splice(0)) await app.stop({ deadlineSeconds: 0 });
});

describe('A client object', () => {
  test('is made for each client, keeps its fields, and knows the path', async () => {
    const app = running();
    const alice = await connect(app, '/the-chat/blue');
    const bob = await connect(app, '/the-chat/blue');
    await alice.send('a');
    await alice.send('b');
    await bob.send('c');
    expect(alice.messages).toEqual(['a 1 of true', 'b 2 of true']);
    expect(bob.messages).toEqual(['c 1 of true']);
    expect(heard).toEqual(['connected to blue', 'connected to blue']);
  });

  test('is told of its end once: who ended it, and why', async () => {
    const app = running();
    const left = await connect(app, '/the-chat/blue');
    await left.close();
    const closed = await connect(app, '/the-chat/blue');
    await closed.send('bye');
    await connect(app, '/the-chat/blue');
    await app.stop({ deadlineSeconds: 1 });
    const blue = 'connected to blue';
    expect(heard).toEqual([
      ...[blue, 'ClientDisconnected without error'],
      ...[blue, 'ServerDisconnected without error'],
      ...[blue, 'ServerDisconnected The server is stopping.'],
    ]);
  });

  test('is told when its client vanished and did not come back', () => {
    const scene = new Scene([ChatClient]);
    apps.push(scene.app);
    const client = scene.connect('socket', { path: '/the-chat/blue' });
    client.resource.detach(client, 'lost');
    scene.clock.advance(31_000);
    expect(heard.at(-1)).toMatch(/^ClientDisconnected The client vanished/);
  });

  test('goes on with the same object when its client comes back', async () => {
    const alice = await connect(running(), '/the-chat/blue');
    await alice.send('a');
    await alice.vanish();
    await alice.reconnect();
    await alice.send('b');
    expect(alice.messages).toEqual(['a 1 of true', 'b 2 of true']);
    expect(heard).toEqual(['connected to blue', 'connected to blue again']);
  });

  test('receives JSON, bytes, and text that only looks like JSON', async () => {
    const app = running();
    const alice = await connect(app, '/the-chat/blue');
    const bob = await connect(app, '/the-chat/blue');
    await alice.send({ type: 'move', x: 3 });
    await alice.send({ type: 'move', x: 'far' });
    await alice.send(Buffer.from([1, 2]));
    await alice.send('{no json');
    expect(alice.messages).toEqual(['moved to 3', Buffer.from([1, 2]), '{no json 1 of true']);
    expect(bob.messages).toEqual(['{"type":"move","x":"far"}']);
  });

  test('receives what went wrong before the error block does, and its client is told', async () => {
    const seen: unknown[] = [];
    const error = (thrown: unknown, client: unknown) => void seen.push((thrown as Error).message, client);
    let made: AtmosphereClient | undefined;
    const app = running([atmosphere('/the-chat/{room}', () => (made = new ChatClient()), { error })]);
    const alice = await connect(app, '/the-chat/blue');
    expect((await alice.send('throw'))?.code).toBe('forbidden');
    expect((await alice.send('reject'))?.code).toBe('handler-failed');
    expect(heard).toEqual(['connected to blue', 'error forbidden', 'error handler-failed']);
    expect(seen).toEqual(['Not you.', made, 'oops', made]);
  });

  test('may fail again when it is told of a failure: the error block is told all the same', async () => {
    class Stubborn extends AtmosphereClient {
      receive({ type }: ClientMessage): void {
        if (type !== 'Connected') throw new RangeError(type);
      }
    }
    const seen: unknown[] = [];
    const logger = new RecordingLogger();
    const error = (thrown: unknown) => void seen.push((thrown as Error).message);
    const app = running([atmosphere('/stubborn', () => new Stubborn(), { error })], { logger });
    const client = await connect(app, '/stubborn');
    expect((await client.send('x'))?.code).toBe('handler-failed');
    expect(seen).toEqual(['TextMessage']);
    expect(logger.lines.map(({ message }) => message)).toContain('@OnError failed');
  });

  test('has no place in its constructor, and says so', async () => {
    class Eager extends EchoClient {
      readonly early = this.uuid;
    }
    const failures: Failure[] = [];
    const app = running([atmosphere('/eager', () => new Eager())], {
      onError: (failure) => void failures.push(failure),
    });
    const client = await connect(app, '/eager');
    expect((await client.closed)?.code).toBe('handler-failed');
    expect((failures[0]?.cause as Error).message).toMatch(/^Eager is not connected yet: .* not in its constructor$/);
  });
});

describe('A broadcast of a client object', () => {
  async function three() {
    const app = running();
    const clients = await Promise.all(['blue', 'blue', 'blue'].map((room) => connect(app, `/the-chat/${room}`)));
    const [alice, bob, carol] = clients;
    return { alice: alice!, bob: bob!, carol: carol! };
  }

  test('goes to all but itself by default, to all, or to itself', async () => {
    const { alice, bob, carol } = await three();
    await alice.send([1]);
    await alice.send('everyone');
    await alice.send('self');
    expect([alice, bob, carol].map(({ messages }) => messages)).toEqual([
      ['to all', 'to me'],
      ['[1]', 'to all'],
      ['[1]', 'to all'],
    ]);
  });

  test('goes to those that a predicate of the application takes, alone or combined', async () => {
    const { alice, bob, carol } = await three();
    await alice.send('a');
    await bob.send('b');
    await alice.send('busy');
    await alice.send('idle');
    expect(alice.messages).toEqual(['a 1 of true']);
    expect(bob.messages).toEqual(['b 1 of true', 'to the busy']);
    expect(carol.messages).toEqual(['to the idle']);
  });

  test.each([
    ['SkipSelf', '[1]', 3],
    ['Everyone', 'everyone', 4],
  ])('to %s is one publish, however many are subscribed', (_filter, payload, receivers) => {
    const scene = new Scene([ChatClient]);
    apps.push(scene.app);
    const clients = Array.from({ length: 4 }, () => scene.connect('socket', { path: '/the-chat/blue' }));
    const resources = jest.spyOn(clients[0]!.resource.broadcaster, 'resources', 'get');
    const before = clients.map(({ writes }) => writes.length);
    const sends = clients.map(({ resource }) => jest.spyOn(resource, 'send'));
    const direct = clients.map((client) => jest.spyOn(client, 'write'));
    void clients[0]!.resource.receive(payload);
    const got = clients.filter(({ writes }, index) => writes.length > (before[index] ?? 0));
    expect(got).toHaveLength(receivers);
    expect(resources).not.toHaveBeenCalled();
    for (const spy of [...sends, ...direct]) expect(spy).not.toHaveBeenCalled();
  });
});

describe('From anywhere in the process', () => {
  test('a route, all routes below a path, or all routes can be sent to', async () => {
    const fizz = running([
      atmosphere('/real-time-buzz/fizz', () => new EchoClient()),
      atmosphere('/real-time-buzzard', () => new EchoClient()),
    ]);
    const other = running([atmosphere('/real-time-buzz/{id}/x', () => new EchoClient())]);
    const a = await connect(fizz, '/real-time-buzz/fizz');
    const b = await connect(fizz, '/real-time-buzzard');
    const c = await connect(other, '/real-time-buzz/7/x');
    expect(AtmosphereClient.broadcast('/real-time-buzz/fizz', 'one')).toBe(1);
    expect(AtmosphereClient.broadcast('/real-time-buzz', 'two')).toBe(2);
    expect(AtmosphereClient.broadcast('/real-time-buzz/', 'three')).toBe(2);
    expect(AtmosphereClient.broadcastAll({ to: 'all' })).toBe(3);
    expect(AtmosphereClient.broadcast('/nobody', 'x')).toBe(0);
    await turn();
    expect(a.messages).toEqual(['one', 'two', 'three', '{"to":"all"}']);
    expect(b.messages).toEqual(['{"to":"all"}']);
    expect(c.messages).toEqual(['two', 'three', '{"to":"all"}']);
    await fizz.stop();
    expect(AtmosphereClient.broadcastAll('left')).toBe(1);
  });
});

describe('A wire format of the application', () => {
  class Lines extends WireFormat {
    override parse(payload: string): ReturnType<WireFormat['parse']> {
      if (payload === '') throw new RangeError('empty');
      return { type: 'JsonMessage', content: payload.split(' ') };
    }
    override render(message: unknown): string {
      return (message as unknown[]).join(' ');
    }
  }
  class Reverse extends AtmosphereClient {
    receive(message: ClientMessage): void {
      if (message.type !== 'JsonMessage') return;
      this.send((message.content as string[]).toReversed());
      this.broadcast(['all'], Everyone);
    }
  }

  test('reads and writes all messages of its route, those from outside too', async () => {
    const app = running([atmosphere('/lines', () => new Reverse(), { wireFormat: Lines })]);
    const client = await connect(app, '/lines');
    await client.send('a b c');
    AtmosphereClient.broadcast('/lines', ['from', 'outside']);
    await turn();
    expect(client.messages).toEqual(['c b a', 'all', 'from outside']);
    expect((await client.send(''))?.code).toBe('malformed-message');
  });
});

describe('A route', () => {
  test('can be added while the app runs, with the same checks', async () => {
    const app = running([]);
    await app.start();
    app.atmosphere('/late', () => new EchoClient());
    const client = await connect(app, '/late');
    await client.send('hello');
    expect(client.messages).toEqual(['hello']);
    expect(() => app.atmosphere('/late', () => new EchoClient())).toThrow(
      "atmosphere('/late') and atmosphere('/late') are both at /late; give one of them another path",
    );
    expect(app.services).toHaveLength(1);
    await app.stop();
    expect(() => app.atmosphere('/later', () => new EchoClient())).toThrow('The server is stopping.');
  });

  test.each<[string, () => unknown, string]>([
    [
      'that is no AtmosphereClient',
      () => AtmosphereRoute('/x')(class Plain {} as never),
      'class Plain extends AtmosphereClient',
    ],
    ['without a function', () => atmosphere('/x', undefined as never), 'needs a function that makes a client'],
    [
      'with decorated methods',
      () => {
        class Mixed extends EchoClient {
          @Ready() onReady(): void {}
        }
        AtmosphereRoute('/x')(Mixed);
        return running([Mixed]);
      },
      'Mixed.onReady: @Ready is for @ManagedService; an AtmosphereClient gets all in receive',
    ],
    [
      'that is a singleton',
      () => {
        class Lonely extends EchoClient {}
        AtmosphereRoute('/x')(Lonely);
        Singleton()(Lonely);
        return running([Lonely]);
      },
      'Lonely: @Singleton is for @ManagedService; each client has an object of its own',
    ],
    [
      'with a field that the path does not have',
      () => {
        class Lost extends EchoClient {
          @PathParam() room!: string;
        }
        AtmosphereRoute('/x')(Lost);
        return running([Lost]);
      },
      "Lost.room: @PathParam('room') names no variable of the path /x",
    ],
  ])('%s is refused with what to mend', (_what, declare, text) => {
    expect(declare).toThrow(text);
  });

  test.each<[string, () => AtmosphereClient, string]>([
    ['something else', () => ({}) as AtmosphereClient, 'what its function makes is no AtmosphereClient'],
    [
      'fields that the path does not have',
      () => new ChatClient(),
      "ChatClient.room: @PathParam('room') names no variable",
    ],
  ])('whose function makes %s refuses its clients with a clear error', async (_what, make, text) => {
    const causes: unknown[] = [];
    const app = running([atmosphere('/odd', make)], {
      onError: ({ cause }) => void causes.push((cause as Error).message),
    });
    const client = await connect(app, '/odd');
    expect((await client.closed)?.code).toBe('handler-failed');
    expect(causes).toEqual([expect.stringContaining(text)]);
  });

  test('whose function makes one object for two clients refuses the second', async () => {
    const only = new EchoClient();
    const causes: unknown[] = [];
    const app = running([atmosphere('/one', () => only)], {
      onError: ({ cause }) => void causes.push((cause as Error).message),
    });
    await connect(app, '/one');
    const second = await connect(app, '/one');
    expect((await second.closed)?.code).toBe('handler-failed');
    expect(causes).toEqual([expect.stringContaining('EchoClient was given to two clients')]);
  });
});

describe('match and hasShape', () => {
  test('a case that is missing is a mistake for the type checker, and an error without one', () => {
    // @ts-expect-error Disconnected and others have no case.
    const wrong = () => match({ type: 'TextMessage', text: 'x' }, { Connected: () => 1 });
    expect(wrong).toThrow('match has no case for TextMessage, and no otherwise');
    expect(match({ type: 'TextMessage', text: 'x' }, { otherwise: ({ type }) => type })).toBe('TextMessage');
  });

  test('a shape is held against own properties, kinds and values', () => {
    const shape = { type: 'move', at: { x: Number, y: Number }, by: String, fast: Boolean } as const;
    const content: unknown = { type: 'move', at: { x: 1, y: 2 }, by: 'me', fast: true, more: null };
    expect(hasShape(content, shape)).toBe(true);
    if (hasShape(content, shape)) expect(content.at.x + content.by.length).toBe(3);
    for (const other of [null, 'move', { ...(content as object), at: null }, { ...(content as object), fast: 1 }])
      expect(hasShape(other, shape)).toBe(false);
    expect(hasShape(Object.create(content as object), shape)).toBe(false);
  });
});
