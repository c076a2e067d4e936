import { container as rootContainer, injectable, singleton } from 'tsyringe';
import { App } from './app';
import { BroadcasterFactory } from '../broadcaster/broadcaster-factory';
import { DeliverTo, Disconnect, ManagedService, Message, Ready } from '../declaration/decorators';
import { Failure } from '../errors';
import type { Interceptor } from '../interceptors/interceptor';
import { Disk, MemoryStore } from '../log/memory-store.fixture';
import { Logger } from '../logger';
import { FakeConnection, HandClock, requestFor, Scene, settled, thrownBy } from '../port.fixture';
import { Request } from '../request/request';
import { Resource } from '../resource/resource';
import { ResourceFactory } from '../resource/resource-factory';

describe('The constructor of a service', () => {
  @injectable()
  class Greeter {
    greet(name: string): string {
      return `hello ${name}`;
    }
  }

  @singleton()
  class Counter {
    count = 0;
  }

  @ManagedService('/di/{room}')
  class Injected {
    constructor(
      readonly greeter: Greeter,
      readonly counter: Counter,
      readonly log: Logger,
      readonly broadcasters: BroadcasterFactory,
      readonly resources: ResourceFactory,
      readonly app: App,
    ) {}

    @Message() @DeliverTo('RESOURCE') onMessage(name: string): string {
      this.log.info(`greeting ${name}`);
      this.broadcasters.lookup('news').broadcast(name);
      return `${this.greeter.greet(name)} ${++this.counter.count} ${this.resources.size}`;
    }
  }

  it('gets what it asks for by type: classes of the application, and those of the framework', () => {
    const scene = new Scene([Injected]);
    const client = scene.connect('stream', { path: '/di/a', protocol: false });
    const other = scene.connect('stream', { path: '/di/b', protocol: false });
    for (const { resource } of [client, other]) expect(resource.receive('ada')).toBeUndefined();
    scene.clock.turn();
    expect([client.texts, other.texts]).toEqual([['<hello ada 1 2>'], ['<hello ada 2 2>']]);
    expect(scene.logger.lines).toMatchObject([{ message: 'greeting ada' }, { message: 'greeting ada' }]);
    expect(scene.app.broadcasters.find('news')?.lastBroadcast).toBeGreaterThan(0);
    expect((client.resource.endpoint.instance as Injected).app).toBe(scene.app);
  });

  it('gets what the container of the application says', () => {
    const container = rootContainer.createChildContainer();
    container.register(Greeter, { useValue: { greet: () => 'psst' } });
    const scene = new Scene([Injected], { container });
    const client = scene.connect('stream', { path: '/di/a', protocol: false });
    client.resource.receive('ada');
    scene.clock.turn();
    expect(client.texts[0]).toMatch(/^<psst/);
  });

  it('runs once per concrete path', () => {
    const scene = new Scene([Injected]);
    const [a1, a2, b] = ['/di/a', '/di/a', '/di/b'].map(
      (path) => scene.connect('stream', { path }).resource.endpoint.instance,
    );
    expect(a1).toBe(a2);
    expect(a1).not.toBe(b);
  });

  it('that throws stops the start, of a path template too', () => {
    @ManagedService('/never/{x}')
    class Never {
      constructor() {
        throw new Error('not today');
      }
    }
    expect(() => new Scene([Never])).toThrow('Never could not be constructed: not today');
  });

  it('that throws for one path is answered there, and the app lives on', () => {
    @ManagedService('/moody/{x}')
    class Moody {
      static calls = 0;
      constructor() {
        if (++Moody.calls === 2) throw new Error('not today');
      }
    }
    const scene = new Scene([Moody]);
    // The first path has the object that was made at the start.
    expect(scene.connect('stream', { path: '/moody/1' }).texts).toHaveLength(1);
    expect(() => scene.connect('stream', { path: '/moody/2' })).toThrow('Moody could not be constructed: not today');
    expect(scene.connect('stream', { path: '/moody/2' }).texts).toHaveLength(1);
  });
});

describe('A connect', () => {
  @ManagedService({ path: '/door/{id}' })
  class Door {}

  it.each(['/', '/door', '/door/', '/door/1/2', '/Door/1', '/door%2F1'])(
    'to %s, where nothing is, is refused as not found',
    (path) => {
      const { app } = new Scene([Door]);
      expect(thrownBy(() => app.connect(requestFor('stream', { path })))).toMatchObject({ code: 'not-found' });
      expect(app.serves(new Request({ method: 'GET', path }).path)).toBe(false);
    },
  );

  it.each([
    ['1.0', true, true],
    ['2.2.0', true, true],
    ['2.2.1', true, false],
    ['10.0.0', true, false],
    ['1.0', false, false],
    [undefined, true, false],
  ])('of version %s with protocol %p is refused: %p', (framework, protocol, refused) => {
    const { app } = new Scene([Door]);
    const connect = (): unknown => app.connect(requestFor('stream', { path: '/door/1', framework, protocol }));
    if (refused) expect(thrownBy(connect)).toMatchObject({ code: 'unsupported-version' });
    else expect(connect()).toBeInstanceOf(Resource);
  });

  it('passes the interceptors in order, which see the request and the resource', () => {
    const log: string[] = [];
    const spy = (name: string): Interceptor => ({
      connect(request, next) {
        log.push(`${name} ${request.path}`);
        const resource = next(request) as Resource;
        log.push(`${name} ${resource.state}`);
        return resource;
      },
    });
    new Scene([Door], { interceptors: [spy('a'), spy('b')] }).connect('stream', { path: '/door/1' });
    expect(log).toEqual(['a /door/1', 'b /door/1', 'b connecting', 'a connecting']);
  });

  it('may be refused by an interceptor, at once or later, and then leaves nothing behind', async () => {
    const refuse: Interceptor = {
      connect(request, next) {
        if (request.query.get('ticket') === 'no') throw new Failure('unauthorized');
        if (request.query.get('ticket') === 'late')
          return settled().then(() => Promise.reject(new Failure('forbidden')));
        return settled().then(() => next(request));
      },
    };
    const { app } = new Scene([Door], { interceptors: [refuse] });
    const visit = (ticket: string) => requestFor('stream', { path: '/door/1', query: `ticket=${ticket}` });
    expect(thrownBy(() => app.connect(visit('no')))).toMatchObject({ code: 'unauthorized' });
    await expect(app.connect(visit('late'))).rejects.toMatchObject({ code: 'forbidden' });
    expect(app.resources.size).toBe(0);
    expect(await app.connect(visit('yes'))).toBeInstanceOf(Resource);
  });
});

describe('A message from outside of a connection', () => {
  @ManagedService('/post/{room}')
  class Post {
    @Message() @DeliverTo('RESOURCE') onMessage(text: string): string {
      return text.toUpperCase();
    }
    @Ready() onReady(): string {
      return 'ready';
    }
  }
  const post = (path: string, id: string): Request => requestFor('stream', { path, id });

  it('finds the resource that it names, at its own path only', () => {
    const scene = new Scene([Post]);
    const { resource } = scene.connect('stream', { path: '/post/a' });
    expect(scene.app.resourceOf(post('/post/a', resource.uuid))).toBe(resource);
    for (const request of [post('/post/b', resource.uuid), post('/post/a', 'unknown'), post('/post/a', '0')])
      expect(thrownBy(() => scene.app.resourceOf(request))).toMatchObject({ code: 'unknown-resource' });
    expect(thrownBy(() => scene.app.resourceOf(post('/nothing', resource.uuid)))).toMatchObject({ code: 'not-found' });
  });

  it('that names nobody makes no instance and no broadcaster', () => {
    const { app } = new Scene([Post]);
    thrownBy(() => app.resourceOf(post('/post/zzz', 'unknown')));
    expect(app.broadcasters.find('/post/zzz')).toBeUndefined();
  });

  it('may come from a visitor, who gets what is sent to it alone and is then gone', () => {
    const scene = new Scene([Post]);
    const request = post('/post/a', '0');
    const visitor = scene.app.visitor(request) as Resource;
    const reply = new FakeConnection(scene.stream, request, visitor);
    visitor.visit(reply);
    expect(visitor.receive('hi')).toBeUndefined();
    visitor.broadcaster.broadcast('not for visitors');
    visitor.leave();
    scene.clock.turn();
    expect(reply.texts).toEqual(['<HI>']);
    expect([visitor.state, scene.app.resources.size, visitor.receive('again')]).toEqual([
      'closed',
      0,
      expect.objectContaining({ code: 'unknown-resource' }),
    ]);
  });
});

describe('A service at a path template', () => {
  @ManagedService('/room/{id}')
  class Room {}
  @ManagedService('/lobby')
  class Lobby {}

  it('is forgotten at a path where nobody was for a while, with its broadcaster', () => {
    const scene = new Scene([Room, Lobby]);
    const client = scene.connect('stream', { path: '/room/1' });
    const { endpoint } = client.resource;
    scene.clock.advance(400_000);
    client.resource.detach(client, 'left');
    scene.clock.advance(299_000);
    const back = scene.connect('stream', { path: '/room/1' });
    expect(back.resource.endpoint).toBe(endpoint);
    back.resource.close();
    scene.clock.advance(299_000);
    expect(scene.app.broadcasters.find('/room/1')).toBe(endpoint.broadcaster);
    scene.clock.advance(2_000);
    expect(scene.app.broadcasters.find('/room/1')).toBeUndefined();
    expect(scene.connect('stream', { path: '/room/1' }).resource.endpoint).not.toBe(endpoint);
  });

  it('stays at a path where somebody is, or is away', () => {
    const scene = new Scene([Room], { config: { recoverySeconds: 1000 } });
    const client = scene.connect('stream', { path: '/room/1' });
    scene.clock.advance(400_000);
    client.resource.detach(client, 'lost');
    scene.clock.advance(400_000);
    expect(scene.again(client).resource).toBe(client.resource);
  });

  it('is forgotten where nobody ever attached', () => {
    const scene = new Scene([Room], { config: { endpointIdleSeconds: 1 } });
    scene.app.visitor(requestFor('stream', { path: '/room/9' }));
    expect(scene.app.broadcasters.find('/room/9')).toBeDefined();
    scene.clock.advance(1_100);
    expect(scene.app.broadcasters.find('/room/9')).toBeUndefined();
  });

  it('is another thing than one at an exact path, which is there from the start and stays', () => {
    const scene = new Scene([Lobby]);
    const before = scene.app.broadcasters.find('/lobby');
    const client = scene.connect('stream', { path: '/lobby' });
    client.resource.close();
    scene.clock.advance(1_000_000);
    expect(before).toBeDefined();
    expect(scene.connect('stream', { path: '/lobby' }).resource.broadcaster).toBe(before);
  });
});

describe('Stopping an app', () => {
  const log: string[] = [];
  let finish: () => void = () => undefined;

  @ManagedService('/work')
  class Work {
    @Message() onMessage(text: string): Promise<void> {
      log.push(`begin ${text}`);
      return new Promise<void>((resolve) => (finish = resolve)).then(() => void log.push(`end ${text}`));
    }
    @Disconnect() async onDisconnect(): Promise<void> {
      await settled();
      log.push('disconnect');
    }
  }

  beforeEach(() => log.splice(0));

  it('refuses new clients and messages, lets handlers finish, tells clients, and waits for @Disconnect', async () => {
    const scene = new Scene([Work]);
    const [client, idle] = [scene.connect('stream', { path: '/work' }), scene.connect('socket', { path: '/work' })];
    const working = client.resource.receive('a');
    const stopped = scene.app.stop().then(() => log.push('stopped'));
    expect(thrownBy(() => scene.app.connect(requestFor('stream', { path: '/work' })))).toMatchObject({
      code: 'stopping',
    });
    expect(client.resource.receive('b')).toMatchObject({ code: 'stopping' });
    await settled();
    expect(client.closedWith).toBeUndefined();
    finish();
    await working;
    await stopped;
    expect(log).toEqual(['begin a', 'end a', 'disconnect', 'disconnect', 'stopped']);
    for (const { closedWith } of [client, idle]) expect(closedWith?.failure).toMatchObject({ code: 'stopping' });
    expect([scene.app.resources.size, scene.clock.waiting.size]).toEqual([0, 0]);
  });

  it('waits no longer than half its deadline for handlers that do not end, and not at all for @Disconnect after them', async () => {
    const scene = new Scene([Work]);
    const client = scene.connect('stream', { path: '/work' });
    void client.resource.receive('endless');
    const stopped = scene.app.stop({ deadlineSeconds: 10 });
    await settled();
    scene.clock.advance(4_900);
    await settled();
    expect(client.closedWith).toBeUndefined();
    scene.clock.advance(200);
    await settled();
    expect(client.closedWith?.failure).toMatchObject({ code: 'stopping' });
    scene.clock.advance(2_500);
    await stopped;
    expect(log).toEqual(['begin endless']);
    finish();
  });

  it('is done at once when all that was sent has left', async () => {
    const scene = new Scene([Work]);
    const clients = (['socket', 'stream', 'poll'] as const).map((style) =>
      scene.connect(style, { path: '/work', protocol: false }),
    );
    scene.app.broadcasters.lookup('/work').broadcast('x');
    scene.clock.turn();
    await scene.app.stop();
    expect(clients.map(({ texts }) => texts.join())).toEqual(['x', '<x>', 'x']);
  });

  it('waits for a client that has no room, and for the next poll of one that was answered', async () => {
    const scene = new Scene([Work]);
    Object.assign(scene.poll, { name: 'long-polling' });
    const [slow, poll] = [
      scene.connect('stream', { path: '/work', protocol: false }),
      scene.connect('poll', { path: '/work', protocol: false }),
    ];
    const all = scene.app.broadcasters.lookup('/work');
    slow.results.push('full');
    all.broadcast('1');
    scene.clock.turn();
    all.broadcast('2');
    scene.clock.turn();
    let stopped = false;
    void scene.app.stop().then(() => (stopped = true));
    const isStopped = async (): Promise<boolean> => {
      scene.clock.advance(100);
      for (let i = 0; i < 5; i++) await settled();
      return stopped;
    };
    expect(await isStopped()).toBe(false);
    slow.resource.drained(slow);
    expect([slow.texts.join(''), await isStopped()]).toEqual(['<1><2>', false]);
    const next = scene.again(poll, { path: '/work', protocol: false });
    expect([next.texts, await isStopped()]).toEqual([['2'], true]);
    expect(slow.closedWith?.failure?.retryAfterSeconds).toBeGreaterThanOrEqual(1);
  });

  it('refuses a client whose interceptor let it in only after the stop', async () => {
    let letIn: () => void = () => undefined;
    const slow: Interceptor = {
      connect: (request, next) => new Promise<void>((resolve) => (letIn = resolve)).then(() => next(request)),
    };
    const scene = new Scene([Work], { interceptors: [slow] });
    const late = scene.app.connect(requestFor('stream', { path: '/work' }));
    await scene.app.stop();
    letIn();
    await expect(late).rejects.toMatchObject({ code: 'stopping' });
    expect(scene.app.resources.size).toBe(0);
  });

  it('leaves broadcasters to which a broadcast reaches nobody; with a store, which could not keep it, it is rejected', async () => {
    const [plain, durable] = [new Scene([Work]), new Scene([Work], { store: new MemoryStore(new Disk()) })] as const;
    const deliveries = [];
    for (const { app, clock } of [plain, durable]) {
      await app.stop();
      deliveries.push(app.broadcasters.lookup('/work').broadcast('late'));
      clock.turn();
    }
    expect(deliveries.map(({ receivers }) => receivers)).toEqual([0, 0]);
    await expect(deliveries[0]).resolves.toMatchObject({ receivers: 0 });
    await expect(deliveries[1]).rejects.toMatchObject({ code: 'stopping' });
  });

  it('twice stops once more without harm, and can be done before anything happened', async () => {
    const app = new App({ services: [Work], clock: new HandClock() });
    await app.stop();
    await app.stop();
    expect(log).toEqual([]);
  });
});
