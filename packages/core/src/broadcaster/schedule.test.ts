import { ManagedService } from '../declaration/decorators';
import { Scene } from '../port.fixture';

@ManagedService('/room')
class Room {}

function room() {
  const scene = new Scene([Room]);
  const client = scene.connect('socket', { protocol: false });
  return { scene, client, room: client.resource.broadcaster, texts: client.texts };
}

describe('A delayed broadcast', () => {
  it('comes once, after its time', () => {
    const { scene, client, room: broadcaster } = room();
    broadcaster.delayBroadcast('later', 1_000);
    scene.clock.advance(950);
    expect(client.texts).toEqual([]);
    scene.clock.advance(100);
    expect(client.texts).toEqual(['later']);
    scene.clock.advance(10_000);
    expect(client.texts).toEqual(['later']);
  });

  it('can be called off, once and in time', () => {
    const { scene, client, room: broadcaster } = room();
    const scheduled = broadcaster.delayBroadcast('never', 1_000);
    expect([scheduled.cancel(), scheduled.cancel()]).toEqual([true, false]);
    const sent = broadcaster.delayBroadcast('sent', 1_000);
    scene.clock.advance(1_100);
    expect([client.texts, sent.cancel()]).toEqual([['sent'], false]);
  });

  it('without a time goes before the next broadcast', () => {
    const { client, room: broadcaster } = room();
    expect(broadcaster.delayBroadcast('1')).toBeUndefined();
    broadcaster.delayBroadcast('2');
    expect(client.texts).toEqual([]);
    broadcaster.broadcast('3');
    broadcaster.broadcast('4');
    expect(client.texts).toEqual(['1', '2', '3', '4']);
  });

  it('asks a function when it is time', () => {
    const { scene, client, room: broadcaster } = room();
    const start = scene.clock.time;
    broadcaster.delayBroadcast(() => String(scene.clock.time - start >= 1_000), 1_000);
    scene.clock.advance(1_100);
    expect(client.texts).toEqual(['true']);
  });
});

describe('A scheduled broadcast', () => {
  it('comes again and again, a function asked each time, until it is called off', () => {
    const { scene, client, room: broadcaster } = room();
    let count = 0;
    const scheduled = broadcaster.scheduleFixedBroadcast(() => (++count === 2 ? undefined : `tick ${count}`), 1_000);
    scene.clock.advance(4_200);
    expect(client.texts).toEqual(['tick 1', 'tick 3', 'tick 4']);
    expect([scheduled.cancel(), scheduled.cancel()]).toEqual([true, false]);
    scene.clock.advance(5_000);
    expect([client.texts.length, count]).toEqual([3, 4]);
  });

  it('may begin sooner than after its period, or later', () => {
    const { scene, client, room: broadcaster } = room();
    broadcaster.scheduleFixedBroadcast('soon', 10_000, 100);
    broadcaster.scheduleFixedBroadcast('late', 100, 10_000);
    scene.clock.advance(9_900);
    expect(client.texts).toEqual(['soon']);
    scene.clock.advance(200);
    expect(client.texts.filter((text) => text === 'late').length).toBeGreaterThan(0);
  });

  it('goes on after a value that failed, which is logged', () => {
    const { scene, client, room: broadcaster } = room();
    let count = 0;
    const value = (): string => {
      if (++count === 1) throw new Error('boom');
      return 'fine';
    };
    broadcaster.scheduleFixedBroadcast(value, 1_000);
    scene.clock.advance(2_200);
    expect(client.texts).toEqual(['fine']);
    expect(scene.logger.lines.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message: 'A scheduled broadcast failed',
        fields: { broadcaster: '/room', cause: expect.any(Error) },
      },
    ]);
  });

  it('that fails when somebody comes keeps nobody from coming', () => {
    const { scene } = room();
    const fails = (): never => {
      throw new Error('boom');
    };
    scene.app.broadcasters.lookup('/hall').awaitAndBroadcast(fails, 60_000);
    const { resource } = scene.connect('socket');
    resource.subscribe(scene.app.broadcasters.lookup('/hall'));
    expect(resource.broadcasters.map(({ id }) => id)).toEqual(['/room', '/hall']);
    expect(scene.logger.lines.map(({ message }) => message)).toContain('A scheduled broadcast failed');
  });

  it('has a period', () => {
    const { room: broadcaster } = room();
    for (const period of [0, -1, Number.NaN])
      expect(() => broadcaster.scheduleFixedBroadcast('x', period)).toThrow(
        `a period of ${period} ms would never end; it must be above 0`,
      );
  });

  it('ends with its broadcaster, and so does whatever else waits', () => {
    const { scene, client } = room();
    const news = scene.app.broadcasters.lookup('news');
    const all = [
      news.scheduleFixedBroadcast('x', 100),
      news.delayBroadcast('x', 100),
      news.awaitAndBroadcast('x', 100),
    ];
    news.delayBroadcast('held');
    news.destroy();
    client.resource.subscribe(news);
    scene.clock.advance(1_000);
    news.broadcast('new');
    expect([client.texts, all.map((scheduled) => scheduled.cancel())]).toEqual([['new'], [false, false, false]]);
  });
});

describe('A broadcast that waits for somebody', () => {
  it('goes at once when somebody is there', () => {
    const { client, room: broadcaster } = room();
    const scheduled = broadcaster.awaitAndBroadcast('hi', 1_000);
    expect([client.texts, scheduled.cancel()]).toEqual([['hi'], false]);
  });

  it.each(['socket', 'stream'] as const)('goes to the first who comes, over a %s that is open already too', (style) => {
    const scene = new Scene([Room]);
    const client = scene.connect(style, { protocol: false });
    const news = scene.app.broadcasters.lookup('news');
    news.awaitAndBroadcast('hi', 60_000);
    client.resource.subscribe(news);
    scene.clock.turn();
    news.broadcast('more');
    scene.clock.turn();
    scene.clock.advance(61_000);
    expect(client.texts.join('').replace(/[<>]/g, '')).toBe('himore');
  });

  it('waits no longer than its time, and is then in the log like any other', () => {
    const scene = new Scene([Room]);
    const news = scene.app.broadcasters.lookup('news');
    news.awaitAndBroadcast('hi', 1_000);
    scene.clock.advance(900);
    expect(news.log.end).toBe(0);
    scene.clock.advance(200);
    expect(news.log.end).toBe(1);
    scene.connect('stream').resource.subscribe(news);
    expect(news.log.end).toBe(1);
  });

  it('can be called off', () => {
    const scene = new Scene([Room]);
    const news = scene.app.broadcasters.lookup('news');
    expect(news.awaitAndBroadcast('hi', 1_000).cancel()).toBe(true);
    scene.connect('stream').resource.subscribe(news);
    scene.clock.advance(2_000);
    expect(news.log.end).toBe(0);
  });
});
