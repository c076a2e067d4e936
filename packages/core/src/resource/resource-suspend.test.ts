import { Disconnect, ManagedService, Message, Ready, Resume } from '../declaration/decorators';
import { Scene, type FakeConnection } from '../port.fixture';
import { Resource } from './resource';
import { ResourceEvent } from './resource-event';

let events: string[] = [];

@ManagedService('/room')
class Room {
  @Ready() onReady(event: ResourceEvent, resource: Resource): void {
    events.push(`ready${event.recovered ? ' recovered' : ''}`);
    const seconds = resource.request.query.get('seconds');
    if (seconds !== undefined) resource.suspend(Number(seconds));
  }
  @Message() onMessage(text: string): string {
    return text;
  }
  @Resume() onResume(event: ResourceEvent): void {
    events.push(`resume${event.isResuming ? ' called' : ''}${event.isResumedOnTimeout ? ' timeout' : ''}`);
  }
  @Disconnect() onDisconnect(): void {
    events.push('disconnect');
  }
}

beforeEach(() => (events = []));

const plain = { protocol: false };
const text = ({ texts }: FakeConnection): string => texts.join('').replace(/[<>]/g, '');

describe('resume()', () => {
  it('of a WebSocket ends its subscriptions, and the connection stays, for messages in and out', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('socket', plain);
    const { resource } = client;
    resource.subscribe(scene.app.broadcasters.lookup('news'));
    resource.resume();
    resource.broadcaster.broadcast('not for it');
    resource.send('own');
    expect([text(client), client.closedWith, resource.broadcasters, resource.isSuspended]).toEqual([
      'own',
      undefined,
      [],
      false,
    ]);
    expect(resource.receive('hi')).toBeUndefined();
    expect([resource.state, events]).toEqual(['ready', ['ready', 'resume called']]);
    resource.suspend();
    resource.broadcaster.broadcast('again');
    expect([text(client), resource.isSuspended]).toEqual(['ownagain', true]);
  });

  it('of a stream ends the response, what was sent before is in it; who comes back begins anew', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream', plain);
    const { resource } = client;
    resource.broadcaster.broadcast('before');
    resource.resume();
    expect([text(client), client.closedWith, resource.state]).toEqual(['before', { failure: undefined }, 'away']);
    resource.broadcaster.broadcast('meanwhile');
    resource.send('own');
    const back = scene.again(client, plain);
    resource.broadcaster.broadcast('after');
    scene.clock.turn();
    expect([back.resource, text(back), resource.isSuspended]).toEqual([resource, 'ownafter', true]);
    expect(events).toEqual(['ready', 'resume called', 'ready']);
  });

  it('of a held poll answers it; @Ready runs with the next one', () => {
    const scene = new Scene([Room]);
    const held = scene.connect('poll', plain);
    held.resource.resume();
    expect([held.closedWith, held.resource.state]).toEqual([{ failure: undefined }, 'away']);
    const next = scene.again(held, plain);
    next.resource.broadcaster.broadcast('x');
    scene.clock.turn();
    expect([text(next), events]).toEqual(['x', ['ready', 'resume called', 'ready']]);
  });

  it('of one that is away keeps what was sent to it alone', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream', plain);
    client.resource.detach(client, 'lost');
    client.resource.send('own');
    client.resource.resume();
    expect(text(scene.again(client, plain))).toBe('own');
  });

  it('comes to an end like any other when nobody comes back', () => {
    const scene = new Scene([Room]);
    scene.connect('stream', plain).resource.resume();
    scene.clock.advance(31_000);
    expect(events).toEqual(['ready', 'resume called', 'disconnect']);
  });

  it('twice, or of one that is closed, does nothing', () => {
    const scene = new Scene([Room]);
    const { resource } = scene.connect('socket', plain);
    resource.resume();
    resource.resume();
    resource.close();
    resource.resume();
    resource.suspend();
    expect([events, resource.isSuspended, resource.broadcasters]).toEqual([
      ['ready', 'resume called', 'disconnect'],
      false,
      [],
    ]);
  });
});

describe('suspend(seconds)', () => {
  it.each(['socket', 'stream', 'poll'] as const)('resumes a %s when the time is over', (style) => {
    const scene = new Scene([Room]);
    const client = scene.connect(style, { ...plain, query: 'seconds=5' });
    scene.clock.advance(4_900);
    expect(client.resource.isSuspended).toBe(true);
    scene.clock.advance(200);
    expect([client.resource.isSuspended, events]).toEqual([false, ['ready', 'resume timeout']]);
    expect(client.closedWith === undefined).toBe(style === 'socket');
  });

  it('holds for each connection anew, where @Ready says so', () => {
    const scene = new Scene([Room]);
    const visit = { ...plain, query: 'seconds=5' };
    const first = scene.connect('stream', visit);
    scene.clock.advance(5_100);
    const second = scene.again(first, visit);
    scene.clock.advance(5_100);
    expect([second.closedWith, events.filter((name) => name.startsWith('resume'))]).toEqual([
      { failure: undefined },
      ['resume timeout', 'resume timeout'],
    ]);
  });

  it('lets nothing be missed between a response that timed out and the next', () => {
    const scene = new Scene([Room]);
    const visit = { ...plain, query: 'seconds=5' };
    const first = scene.connect('stream', visit);
    scene.clock.advance(5_100);
    first.resource.broadcaster.broadcast('meanwhile');
    expect(text(scene.again(first, visit))).toBe('meanwhile');
    expect(events).toEqual(['ready', 'resume timeout', 'ready recovered']);
  });

  it('again begins the time anew, and a negative number means for ever', () => {
    const scene = new Scene([Room]);
    const { resource } = scene.connect('socket', plain);
    resource.suspend(5);
    scene.clock.advance(4_000);
    resource.suspend(5);
    scene.clock.advance(4_000);
    expect(resource.isSuspended).toBe(true);
    resource.suspend(-1);
    scene.clock.advance(1_000_000);
    expect(resource.isSuspended).toBe(true);
    resource.suspend(1);
    resource.close();
    scene.clock.advance(2_000);
    expect(events).toEqual(['ready', 'disconnect']);
  });
});

describe('Several broadcasters', () => {
  it('reach a resource in the order of sending, on every kind of connection, until it unsubscribes', () => {
    for (const style of ['socket', 'stream'] as const) {
      const scene = new Scene([Room]);
      const client = scene.connect(style, plain);
      const [news, sport] = ['news', 'sport'].map((id) => scene.app.broadcasters.lookup(id));
      if (!news || !sport) throw new Error('never');
      for (const broadcaster of [news, sport, news]) client.resource.subscribe(broadcaster);
      expect(client.resource.broadcasters.map(({ id }) => id)).toEqual(['/room', 'news', 'sport']);
      news.broadcast('1');
      sport.broadcast('2');
      client.resource.broadcaster.broadcast('3');
      news.broadcast('4');
      client.resource.unsubscribe(news);
      news.broadcast('5');
      scene.clock.turn();
      expect([text(client), news.size, sport.size]).toEqual(['1234', 0, 1]);
      client.resource.close();
      expect(sport.size).toBe(0);
    }
  });
});

describe('What a resource knows', () => {
  it('is found by its uuid as long as it lives', () => {
    const scene = new Scene([Room]);
    const { resource } = scene.connect('stream');
    const { resources } = scene.app;
    expect([resources.find(resource.uuid), [...resources.all()], resources.size]).toEqual([resource, [resource], 1]);
    expect(['unknown', '', '__proto__'].map((uuid) => resources.find(uuid))).toEqual([undefined, undefined, undefined]);
    resource.close();
    expect([resources.find(resource.uuid), resources.size]).toEqual([undefined, 0]);
  });

  it('has attributes of its own, which outlast its connections', () => {
    const scene = new Scene([Room]);
    const [client, other] = [scene.connect('stream', plain), scene.connect('stream', plain)];
    client.resource.attributes.set('user', 'ada');
    client.resource.detach(client, 'lost');
    const back = scene.again(client, plain);
    expect([back.resource.attributes.get('user'), other.resource.attributes.size]).toEqual(['ada', 0]);
  });

  it('is the request of its newest connection, a snapshot that stays', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream', { ...plain, query: 'a=1&b=%C3%A9', headers: { 'user-agent': 'test' } });
    const { request } = client.resource;
    client.resource.detach(client, 'lost');
    scene.again(client, { ...plain, query: 'a=2' });
    expect([request.path, request.query.get('a'), request.query.get('b'), request.header('User-Agent')]).toEqual([
      '/room',
      '1',
      'é',
      'test',
    ]);
    expect(client.resource.request.query.get('a')).toBe('2');
    expect([...request.query.keys()]).toEqual(['a', 'b']);
  });
});
