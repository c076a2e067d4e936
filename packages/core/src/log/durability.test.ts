import { Parameter } from '@ionosphere/protocol';
import { Broadcaster } from '../broadcaster/broadcaster';
import { Disconnect, ManagedService, PathParam, Ready } from '../declaration/decorators';
import type { Failure } from '../errors';
import type { Filter } from '../filters/filter';
import { Disk, MemoryStore } from './memory-store.fixture';
import { FakeConnection, ListLogger, requestFor, Scene, settled, thrownBy, type Visit } from '../port.fixture';
import type { AppOptions } from '../app/app';
import type { Resource } from '../resource/resource';
import { ResourceEvent } from '../resource/resource-event';
import { RoomProtocolInterceptor } from '../rooms/room-protocol-interceptor';
import { NoBroadcasterCache } from './no-cache';

const events: string[] = [];

@ManagedService('/room/{name}')
class Room {
  @Ready()
  onReady({ recovered, gap }: ResourceEvent): void {
    events.push(`${recovered ? 'recovered' : 'new'}${gap ? ' gap' : ''}`);
  }

  @Disconnect()
  onDisconnect(): void {
    events.push('gone');
  }
}

@ManagedService({ path: '/fleeting', broadcasterCache: NoBroadcasterCache })
class Fleeting {}

const ownForEach: Filter = {
  filter: (message) => ({ action: 'CONTINUE', message }),
  filterFor: (message, { resource }) => ({ action: 'CONTINUE', message: `${String(message)} ${resource.uuid}` }),
};

const path = '/room/blue';
const plain = { path, protocol: false };

/** Apps that follow each other on one disk. The last one is killed: nothing is told to it. */
class Runs {
  readonly disk = new Disk();

  start(options: Partial<AppOptions> = {}): Scene {
    return new Scene([Room, Fleeting], { store: new MemoryStore(this.disk), ...options });
  }
}

function broadcast(scene: Scene, ...texts: string[]): void {
  for (const text of texts) scene.app.broadcasters.lookup(path).broadcast(text);
}

const text = ({ texts }: { texts: string[] }): string => texts.join('').replace(/[<>]/g, '');

let runs: Runs;

/** A client that is away from a broadcaster `news`, which the application made and has to make again, as `a` is broadcast there. */
function awayFromNews(scene = runs.start()): FakeConnection {
  const client = scene.connect('stream', plain);
  const news = scene.app.broadcasters.create('news');
  client.resource.subscribe(news);
  client.resource.detach(client, 'lost');
  news.broadcast('a');
  scene.clock.turn();
  return client;
}

function newsOf({ broadcasters }: Resource): Broadcaster {
  const news = broadcasters.find(({ id }) => id === 'news');
  if (!news) throw new Error('there is no broadcaster "news"');
  return news;
}

beforeEach(() => {
  runs = new Runs();
  events.length = 0;
});

describe('What outlives the process', () => {
  it.each(['socket', 'stream', 'poll'] as const)(
    'is what a %s missed while it was away, and while nobody was there',
    (style) => {
      const first = runs.start();
      const client = first.connect(style, plain);
      broadcast(first, '1');
      first.clock.turn();
      client.resource.detach(client, 'lost');
      broadcast(first, '2', '3');
      first.clock.turn();
      const second = runs.start();
      broadcast(second, '4');
      second.clock.turn();
      const back = second.again(client, { protocol: false, tracking: style === 'poll' });
      expect([back.resource.uuid, text(back)]).toEqual([client.resource.uuid, style === 'poll' ? '1|21|31|4' : '234']);
      expect(events).toEqual(['new', 'recovered']);
    },
  );

  it.each<[string, (epoch: string) => Visit]>([
    ['of version 5', () => ({ path })],
    ['that is classic', () => ({ path, framework: '4.0.1' })],
    ['with positions', (epoch) => ({ path, query: `${Parameter.position}=${epoch}.-1` })],
  ])('is told, once, to the service of a client %s that polls, and not that it had gone', (_, visit) => {
    const first = runs.start();
    const held = first.again(first.connect('poll', visit('run0')), visit('run0'));
    first.clock.turn();
    expect([events.splice(0), text(held)]).toEqual([['new'], '']);
    const second = runs.start();
    // The handshake alone answers the first poll in another numbering.
    if (visit('').query) expect(text(second.again(held, visit('run0')))).toMatch(/\|run1\.-1\|$/);
    for (let times = 0; times < 3; times++) {
      const poll = second.again(held, visit('run1'));
      broadcast(second, 'x');
      second.clock.turn();
      expect(text(poll)).not.toContain(held.resource.uuid);
    }
    expect(events).toEqual(['recovered']);
  });

  it('is nothing of what was not committed: it is as if it had not been', () => {
    const first = runs.start();
    const client = first.connect('stream', plain);
    broadcast(first, '1');
    first.clock.turn();
    client.resource.detach(client, 'lost');
    broadcast(first, 'lost');
    const second = runs.start();
    broadcast(second, '2');
    second.clock.turn();
    expect(text(second.again(client, { protocol: false }))).toBe('2');
  });

  it('is what a client that kept up has: everything that was committed', () => {
    const first = runs.start();
    const client = first.connect('socket', plain);
    broadcast(first, '1', '2');
    first.clock.turn();
    const second = runs.start();
    broadcast(second, '3');
    second.clock.turn();
    expect(text(second.again(client, { protocol: false }))).toBe('3');
    expect(events).toEqual(['new', 'recovered']);
  });

  it.each(['stream', 'poll'] as const)(
    'does not come twice over a %s when the process is killed as it comes back',
    (style) => {
      const first = runs.start();
      const client = first.connect(style, plain);
      first.clock.turn();
      client.resource.detach(client, 'lost');
      broadcast(first, '1');
      first.clock.turn();
      expect(text(first.again(client, { protocol: false }))).toBe('1');
      const second = runs.start();
      broadcast(second, '2');
      second.clock.turn();
      expect(text(second.again(client, { protocol: false }))).toBe('2');
    },
  );

  it('comes again to a poll, rather than never, when the process is killed as it answers, where the service wants that', () => {
    const config = { delivery: 'at-least-once' } as const;
    const first = runs.start({ config });
    const client = first.connect('poll', plain);
    for (const message of ['1', '2']) {
      broadcast(first, message);
      first.clock.turn();
    }
    expect([text(client), text(first.again(client, { protocol: false }))]).toEqual(['1', '2']);
    expect(text(runs.start({ config }).again(client, { protocol: false }))).toBe('2');
  });

  it('is what may not have arrived, where the service wants that', () => {
    const config = { delivery: 'at-least-once', proofSeconds: 5 } as const;
    const first = runs.start({ config });
    const client = first.connect('socket', plain);
    for (const text of ['1', '2', '3']) {
      broadcast(first, text);
      first.clock.turn();
      first.clock.advance(5_000);
    }
    expect(text(runs.start({ config }).again(client, { protocol: false }))).toBe('3');
  });

  it('is what may not have arrived after as long as the service waits for a proof, if that is longer than others wait', () => {
    @ManagedService({ path: '/sure', config: { delivery: 'at-least-once', proofSeconds: 60 } })
    class Sure {}
    const start = (): Scene => new Scene([Sure], { store: new MemoryStore(runs.disk), config: { proofSeconds: 5 } });
    const first = start();
    const client = first.connect('stream', { path: '/sure', protocol: false });
    first.clock.turn();
    client.resource.broadcaster.broadcast('1');
    first.clock.turn();
    first.clock.advance(30_000);
    expect(text(start().again(client, { protocol: false }))).toBe('1');
  });

  it('is what was sent to one resource alone, in its place', () => {
    const first = runs.start();
    const client = first.connect('stream', plain);
    first.clock.turn();
    client.resource.detach(client, 'lost');
    broadcast(first, '1');
    client.resource.send('own');
    broadcast(first, '2');
    first.clock.turn();
    const second = runs.start();
    second.clock.turn();
    const third = runs.start();
    expect(text(third.again(client, { protocol: false }))).toBe('1own2');
    third.clock.turn();
    expect([...runs.disk.shelves.keys()]).toEqual([`broadcaster ${path}`]);
  });

  it.each(['socket', 'stream', 'poll'] as const)(
    'is what was sent to one resource alone over a %s that was dead, for a client that says where it is',
    (style) => {
      const visit = (position = ''): Visit => ({ path, tracking: true, query: `${Parameter.position}=${position}` });
      const first = runs.start();
      const greeted = first.connect(style, visit());
      const dead = first.again(greeted, visit('run0.-1'));
      dead.resource.send('own');
      broadcast(first, '1');
      first.clock.turn();
      expect(text(dead)).toContain('0:own');
      runs.start().clock.turn();
      const third = runs.start();
      const back = third.again(greeted, visit('run0.-1'));
      // The handshake alone answers the first poll in another numbering.
      const last = style === 'poll' ? third.again(greeted, visit('run2.-1')) : back;
      expect(text(last)).toMatch(/0:own.*1:1$/);
    },
  );

  it('is what was sent to one resource alone and may not have arrived, where the service wants that', () => {
    const config = { delivery: 'at-least-once', proofSeconds: 5 } as const;
    const first = runs.start({ config });
    const client = first.connect('stream', plain);
    client.resource.send('own');
    first.clock.turn();
    runs.start({ config }).clock.turn();
    const third = runs.start({ config });
    expect(text(third.again(client, { protocol: false }))).toBe('own');
  });

  it('is for whom a message was', () => {
    const first = runs.start();
    const [ann, bob] = [first.connect('stream', plain), first.connect('stream', plain)];
    first.clock.turn();
    for (const client of [ann, bob]) client.resource.detach(client, 'lost');
    const { broadcaster } = ann.resource;
    broadcaster.broadcast('for ann', { to: ({ uuid }) => uuid === ann.resource.uuid });
    broadcaster.broadcast('not for ann', { except: ann.resource });
    first.clock.turn();
    const second = runs.start();
    expect([ann, bob].map((client) => text(second.again(client, { protocol: false })))).toEqual([
      'for ann',
      'not for ann',
    ]);
  });

  it('is a gap where a filter had made a message of its own for each receiver', () => {
    const first = runs.start({
      broadcastFilters: [ownForEach],
    });
    const [behind, current] = [first.connect('stream', plain), first.connect('stream', plain)];
    first.clock.turn();
    behind.resource.detach(behind, 'lost');
    broadcast(first, 'mine');
    first.clock.turn();
    const second = runs.start();
    for (const client of [behind, current]) second.again(client, { protocol: false });
    expect(events.slice(2)).toEqual(['new gap', 'recovered']);
  });

  describe.each(['socket', 'stream', 'poll'] as const)('is a gap, for a client with positions over %s', (style) => {
    const config = { logMessages: 2 };
    const visit = (position = ''): Visit => ({ path, tracking: true, query: `${Parameter.position}=${position}` });
    /** Comes and goes; gives the position that the handshake says, if there is one, and all that was written. */
    const come = (scene: Scene, position?: string, id = '0'): { id: string; said: string; all: string } => {
      const client = scene.connect(style, { id, ...visit(position) });
      scene.clock.turn();
      const { resource } = client;
      if (resource.state === 'ready') resource.detach(client, 'lost');
      const all = client.texts.join(' ').replace(/[<>]/g, '');
      scene.clock.turn();
      return { id: resource.uuid, said: /\|(\w+\.-?\d+)\|/.exec(all)?.[1] ?? '', all };
    };

    it('that it is told of as long as it has not heard', () => {
      const first = runs.start({ config });
      const { id, said } = come(first);
      broadcast(first, '1', '2', '3');
      first.clock.turn();
      const second = runs.start({ config });
      const greeted = come(second, said, id);
      expect(greeted.said).toBe('run1.-1');
      for (let lost = 0; lost < 2; lost++) expect(come(second, greeted.said, id).all).toContain('0!gap');
      expect(come(second, 'run1.0', id).all).toMatch(/1:2.*2:3$/);
    });

    it('that it was being told of when the process was killed', () => {
      const first = runs.start({ config });
      const { id, said } = come(first, 'abc.7', crypto.randomUUID());
      expect(come(first, said, id).all).toContain('0!gap');
      const second = runs.start({ config });
      const greeted = come(second, said, id);
      expect(come(second, greeted.said, id).all).toContain('0!gap');
      expect(come(second, 'run1.0', id).all).not.toContain('gap');
    });
  });

  it('is a place at an instance that begins with the app, before its client is back', async () => {
    const begun: string[] = [];
    @ManagedService('/desk/{name}')
    class Desk {
      @PathParam('name') name: string = '';

      async onInit(): Promise<void> {
        await Promise.resolve();
        begun.push(this.name);
      }
    }
    const start = (): Scene => new Scene([Desk], { store: new MemoryStore(runs.disk) });
    const first = start();
    const request = requestFor('stream', { path: '/desk/a', protocol: false });
    const resource = await first.app.connect(request);
    resource.attach(new FakeConnection(first.stream, request, resource));
    first.clock.turn();
    const second = start();
    await second.app.start();
    expect(begun).toEqual(['a', 'a']);
    expect([...second.app.resources.all()].map(({ uuid }) => uuid)).toEqual([resource.uuid]);
  });

  it('is a subscription to a broadcaster that the application makes again', () => {
    const first = runs.start();
    const client = first.connect('stream', plain);
    const news = first.app.broadcasters.create('news');
    client.resource.subscribe(news);
    news.broadcast('1');
    first.clock.turn();
    client.resource.detach(client, 'lost');
    news.broadcast('2');
    first.clock.turn();
    runs.start().clock.turn();
    const third = runs.start();
    third.app.broadcasters.create('news').broadcast('3');
    expect(text(third.again(client, { protocol: false }))).toBe('23');
  });

  it('is what was broadcast while a subscription lasted that has ended since, and nothing that came after', () => {
    const first = runs.start();
    const client = first.connect('stream', plain);
    const news = first.app.broadcasters.create('news');
    client.resource.subscribe(news);
    first.clock.turn();
    client.resource.detach(client, 'lost');
    for (const text of ['1', '2']) news.broadcast(text);
    client.resource.unsubscribe(news);
    news.broadcast('after');
    first.clock.turn();
    const second = runs.start();
    second.clock.turn();
    const third = runs.start();
    third.app.broadcasters.create('news').broadcast('new');
    broadcast(third, '3');
    const back = third.again(client, { protocol: false });
    third.clock.turn();
    expect(text(back)).toBe('123');
    expect(back.resource.broadcasters.map(({ id }) => id)).toEqual([path]);
    expect(events).toEqual(['new', 'recovered']);
  });

  it('is a gap where what was owed was of a broadcaster that was destroyed', () => {
    const first = runs.start();
    const client = first.connect('stream', plain);
    const news = first.app.broadcasters.create('news');
    client.resource.subscribe(news);
    first.clock.turn();
    client.resource.detach(client, 'lost');
    news.broadcast('1');
    news.destroy();
    first.clock.turn();
    runs.start().again(client, { protocol: false });
    expect(events).toEqual(['new', 'new gap']);
  });

  it.each<[string, (first: Scene, client: FakeConnection) => void]>([
    ['after its subscription had ended', (_, { resource }) => resource.unsubscribe(newsOf(resource))],
    [
      'after what was left of it had outlived another restart',
      (first, { resource }) => {
        resource.unsubscribe(newsOf(resource));
        first.clock.turn();
        runs.start().clock.turn();
      },
    ],
  ])('is a gap where what was owed was of a broadcaster that was destroyed %s, in a later turn', (_title, before) => {
    const first = runs.start();
    const client = awayFromNews(first);
    before(first, client);
    const last = [...runs.disk.runs].length > 1 ? runs.start() : first;
    last.clock.turn();
    last.app.broadcasters.lookup('news').destroy();
    last.clock.turn();
    runs.start().again(client, { protocol: false });
    expect(events).toEqual(['new', 'new gap']);
  });

  it.each<[string, object, (first: Scene, news: Broadcaster) => void]>([
    ['was destroyed', {}, (_, news) => void news.destroy()],
    [
      'was forgotten, there being newer ones',
      { logMessages: 1 },
      (first, news) => {
        const [resource] = news.resources;
        resource?.unsubscribe(news);
        const other = first.app.broadcasters.create('other');
        resource?.subscribe(other);
        other.broadcast('2');
        resource?.unsubscribe(other);
      },
    ],
  ])(
    'is a gap for who says that it has less than was written to it of a broadcaster that %s',
    (_title, config, act) => {
      const visit = (position = ''): Visit => ({ path, query: `${Parameter.position}=${position}` });
      const first = runs.start({ config });
      const client = first.connect('stream', visit());
      const news = first.app.broadcasters.create('news');
      client.resource.subscribe(news);
      for (const one of ['0', '1']) news.broadcast(one);
      first.clock.turn();
      act(first, news);
      first.clock.turn();
      const second = runs.start({ config });
      second.clock.turn();
      for (const [position, told] of [
        ['run0.0', 'new gap'],
        ['run0.0', 'new gap'],
        ['run0.1', 'recovered'],
      ] as const) {
        events.length = 0;
        const back = runs.start({ config }).again(client, visit(position));
        expect([back.texts.join('').includes('!gap'), events]).toEqual([told === 'new gap', [told]]);
      }
    },
  );

  it('is a gap where what may not have arrived was of a broadcaster that was destroyed, where the service wants that', () => {
    const config = { delivery: 'at-least-once', proofSeconds: 5 } as const;
    const first = runs.start({ config });
    const client = first.connect('stream', plain);
    const news = first.app.broadcasters.create('news');
    client.resource.subscribe(news);
    news.broadcast('1');
    first.clock.turn();
    news.destroy();
    first.clock.turn();
    runs.start({ config }).again(client, { protocol: false });
    expect(events).toEqual(['new', 'new gap']);
  });

  it.each(['socket', 'stream'] as const)(
    'is what is left of a broadcaster that is not there yet, in its order, and once, over a %s',
    (style) => {
      const visit = (position = ''): Visit => ({ path, query: `${Parameter.position}=${position}` });
      const first = runs.start();
      const dead = first.connect(style, visit());
      const news = first.app.broadcasters.create('news');
      dead.resource.subscribe(news);
      news.broadcast('a');
      broadcast(first, '1');
      news.broadcast('b');
      first.clock.turn();
      const second = runs.start();
      broadcast(second, '2');
      second.clock.turn();
      const back = second.again(dead, visit('run0.-1'));
      const texts = (): string => back.texts.slice(1).join(' ').replace(/[<>]/g, '');
      expect(texts().replaceAll(' ', '')).toBe('0:a1:12:b3:2');
      second.app.broadcasters.create('news').broadcast('c');
      second.clock.turn();
      expect(texts()).toMatch(/3:2 4:c$/);
      back.resource.detach(back, 'lost');
      second.clock.turn();
      expect(runs.start().again(back, visit('run1.3')).texts.slice(1).join('')).toMatch(/^<?4:c>?$/);
    },
  );

  it('is what is left of a broadcaster once, also for a client that can not say where it is', () => {
    const client = awayFromNews();
    const second = runs.start();
    const back = second.again(client, { protocol: false });
    expect(text(back)).toBe('a');
    // Killed as it came back.
    const third = runs.start();
    const again = third.again(client, { protocol: false });
    third.app.broadcasters.create('news').broadcast('b');
    third.clock.turn();
    expect(text(again)).toBe('b');
  });

  it('is a gap where a broadcaster has a log that knows nothing of what is left', () => {
    const client = awayFromNews();
    const second = runs.start();
    second.app.broadcasters.create('news', Broadcaster, new NoBroadcasterCache());
    second.again(client, { protocol: false });
    expect(events).toEqual(['new', 'new gap']);
  });

  it('is a subscription to the broadcaster of a path that comes back later than its subscriber', () => {
    const first = runs.start();
    const client = first.connect('stream', plain);
    const other = first.connect('stream', { path: '/room/red', protocol: false });
    client.resource.subscribe(other.resource.broadcaster);
    first.clock.turn();
    const second = runs.start();
    second.app.broadcasters.lookup('/room/red').broadcast('1');
    expect(text(second.again(client, { protocol: false }))).toBe('1');
  });

  it('is a place in a room, of which nobody is told', () => {
    const options = { interceptors: [new RoomProtocolInterceptor()] };
    const first = runs.start(options);
    const [ann, bob] = [first.connect('stream', { path }), first.connect('stream', { path })];
    const say = (client: typeof ann, fields: object): unknown =>
      client.resource.receive(JSON.stringify({ room: 'lobby', ...fields }));
    say(ann, { type: 'join', member: { id: 'ann', info: { age: 7 } } });
    say(bob, { type: 'join', member: { id: 'bob' } });
    first.clock.turn();
    ann.resource.detach(ann, 'lost');
    say(bob, { type: 'broadcast', data: 'hello' });
    first.clock.turn();
    const second = runs.start(options);
    expect(second.app.rooms.room('lobby').members).toEqual([{ id: 'ann', info: { age: 7 } }, { id: 'bob' }]);
    expect(text(second.again(ann, { protocol: false }))).toBe(
      '{"type":"broadcast","room":"lobby","id":1,"data":"hello","member":{"id":"bob"}}',
    );
  });

  it('is not a resource that has ended, that does not come back in time, or whose service keeps nothing', () => {
    const first = runs.start();
    const [closed, late] = [first.connect('stream', plain), first.connect('stream', plain)];
    first.connect('stream', { path: '/fleeting', protocol: false });
    first.clock.turn();
    closed.resource.goodbye();
    first.clock.turn();
    const second = runs.start();
    expect([...second.app.resources.all()].map(({ uuid }) => uuid)).toEqual([late.resource.uuid]);
    second.clock.advance(60_000);
    second.clock.turn();
    expect([second.app.resources.size, runs.disk.resources.size]).toEqual([0, 0]);
  });

  it('is there after the server was stopped, too, and nobody was told that it ended', async () => {
    const first = runs.start();
    const client = first.connect('socket', plain);
    await first.app.stop();
    expect([client.resource.state, client.closedWith?.failure?.code]).toEqual(['away', 'stopping']);
    const second = runs.start();
    broadcast(second, '1');
    expect(text(second.again(client, { protocol: false }))).toBe('1');
  });

  it.each(['poll', 'stream'] as const)(
    'comes once to a %s that is back before the server has ended: nobody is let in after the clients were told to go',
    async (style) => {
      const first = runs.start();
      const client = first.connect(style, plain);
      const { resource } = client;
      resource.detach(client, 'lost');
      broadcast(first, '1');
      const late = new FakeConnection(first[style], requestFor(style, plain), resource);
      await first.app.stop();
      expect(thrownBy(() => first.again(client, { protocol: false }))).toMatchObject({ code: 'stopping' });
      // Let in before, attached after.
      resource.attach(late);
      expect([text(late), late.closedWith?.failure?.code, resource.state]).toEqual(['', 'stopping', 'away']);
      const second = runs.start();
      expect(text(second.again(client, { protocol: false }))).toBe('1');
    },
  );
});

describe('What a turn costs a store', () => {
  it('is one commit, with one row for a broadcast, however many get it', () => {
    const scene = runs.start();
    for (let count = 0; count < 100; count++) scene.connect(count % 2 === 0 ? 'socket' : 'stream', plain);
    scene.clock.turn();
    runs.disk.commits.length = 0;
    broadcast(scene, '1', '2');
    scene.clock.turn();
    expect(runs.disk.commits).toHaveLength(1);
    const [{ logs, resources } = { logs: new Map(), resources: [] }] = runs.disk.commits;
    expect([logs.get(`broadcaster ${path}`)?.messages.length, [...resources]]).toEqual([2, []]);
  });

  it('is one row for a connect or a disconnect', () => {
    const scene = runs.start();
    const client = scene.connect('stream', plain);
    scene.clock.turn();
    client.resource.detach(client, 'lost');
    scene.clock.turn();
    expect(runs.disk.commits.map(({ resources }) => [...resources].length)).toEqual([1, 1]);
  });
});

describe('A store that can not be written', () => {
  it('breaks the promise of a broadcast, and nothing else, until it can', async () => {
    const logger = new ListLogger();
    const scene = runs.start({ logger });
    const client = scene.connect('stream', plain);
    scene.clock.turn();
    const { broadcaster } = client.resource;
    const fate = async (text: string): Promise<unknown> => {
      const told = broadcaster.broadcast(text).then(
        () => 'promised',
        (failure: unknown) => (failure as Failure).code,
      );
      scene.clock.turn();
      await settled();
      return told;
    };
    runs.disk.error = new Error('the disk is full');
    expect([await fate('1'), await fate('2')]).toEqual(['not-stored', 'not-stored']);
    expect(text(client)).toBe('12');
    expect(logger.lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'The store could not be written: until it can, nothing is promised',
    ]);
    runs.disk.error = undefined;
    scene.clock.advance(1_000);
    scene.clock.turn();
    expect(logger.lines.at(-1)?.message).toBe('The store can be written again, and has what is left of what it missed');
    expect(await fate('3')).toBe('promised');
    expect(runs.disk.shelves.get(`broadcaster ${path}`)?.messages.map(({ payload }) => payload)).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  it('ends nothing when a listener waits for the broadcast', async () => {
    const done: string[] = [];
    const scene = runs.start({ broadcasterListeners: [{ onComplete: ({ id }) => void done.push(id) }] });
    scene.connect('stream', plain);
    scene.clock.turn();
    runs.disk.error = new Error('the disk is full');
    broadcast(scene, '1');
    scene.clock.turn();
    await settled();
    expect(done).toEqual([path]);
  });

  it('stops the start, and is given back when the start fails for another reason', () => {
    const store = new MemoryStore(runs.disk);
    const refused = Object.assign(new MemoryStore(runs.disk), {
      open: () => {
        throw new Error('another process has it open');
      },
    });
    expect(() => runs.start({ store: refused })).toThrow('another process has it open');
    class NoService {}
    expect(() => new Scene([NoService], { store })).toThrow('NoService');
    expect(store.closed).toBe(true);
  });
});
