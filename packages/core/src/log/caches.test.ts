import { logSuite } from '@ionosphere/testing';
import { defaultConfig } from '../settings/config';
import { ManagedService } from '../declaration/decorators';
import { logBounds, MemoryLog, type LogBounds, type MessageLogClass } from './message-log';
import { Scene, type FakeConnection } from '../port.fixture';
import { BoundedMemoryCache } from './bounded-memory-cache';
import { NoBroadcasterCache } from './no-cache';
import { UUIDBroadcasterCache } from './uuid-broadcaster-cache';

const plain = { protocol: false };
const unbounded: LogBounds = { maxMessages: Infinity, maxBytes: Infinity, maxAgeMillis: Infinity };

logSuite('UUIDBroadcasterCache', (bounds) => new UUIDBroadcasterCache(bounds));
logSuite('BoundedMemoryCache', (bounds) => new BoundedMemoryCache(bounds));

describe('UUIDBroadcasterCache', () => {
  it('keeps a thousand messages for five minutes where the settings choose nothing', () => {
    const log = new UUIDBroadcasterCache(logBounds(defaultConfig));
    for (let i = 0; i < 1_500; i++) log.append({ payload: 'x', sequence: i, at: i });
    expect([log.start, log.end]).toEqual([500, 1_500]);
    log.expire(300_000 + 1_000);
    expect(log.start).toBe(1_000);
  });

  it('keeps what the settings choose', () => {
    const log = new UUIDBroadcasterCache({ maxMessages: 2, maxBytes: 10, maxAgeMillis: 1_000 });
    for (let i = 0; i < 3; i++) log.append({ payload: 'x', sequence: i, at: 0 });
    expect([log.start, log.end]).toEqual([1, 3]);
    log.expire(1_001);
    expect(log.start).toBe(3);
  });
});

function room(cache: MessageLogClass, logMessages = 3) {
  @ManagedService({ path: '/room', broadcasterCache: cache, config: { logMessages } })
  class Room {}
  const scene = new Scene([Room]);
  const join = (style: 'socket' | 'stream' | 'poll' = 'stream'): FakeConnection => scene.connect(style, plain);
  const broadcast = (...texts: string[]): void => {
    for (const text of texts) scene.app.broadcasters.lookup('/room').broadcast(text);
    scene.clock.turn();
  };
  const text = (connection: FakeConnection): string => connection.texts.join('').replace(/[<>]/g, '');
  return { scene, join, broadcast, text };
}

describe('Who comes new', () => {
  it.each([MemoryLog, UUIDBroadcasterCache, NoBroadcasterCache])('begins with the next message: %p', (cache) => {
    const { join, broadcast, text } = room(cache);
    broadcast('1', '2');
    const client = join();
    broadcast('3');
    expect(text(client)).toBe('3');
  });

  it.each(['socket', 'stream'] as const)('begins with the history of BoundedMemoryCache, over a %s', (style) => {
    const { join, broadcast, text } = room(BoundedMemoryCache);
    broadcast('1', '2', '3', '4');
    const client = join(style);
    broadcast('5');
    expect(text(client)).toBe('2345');
  });

  it('of what was forgotten before misses nothing', () => {
    const { join, broadcast } = room(BoundedMemoryCache);
    broadcast('1', '2', '3', '4');
    const { owed } = join().resource.out;
    owed.seek(-1);
    expect([owed.gap, owed.size]).toEqual([false, 3]);
    broadcast('5', '6', '7', '8');
    owed.seek(-1);
    expect(owed.gap).toBe(true);
  });

  it.each(['socket', 'stream'] as const)(
    'gets that history when it subscribes while it is connected over a %s, before anything newer',
    (style) => {
      const { scene, join, text } = room(MemoryLog);
      const client = join(style);
      const news = scene.app.broadcasters.create('news', undefined, new BoundedMemoryCache(unbounded));
      news.broadcast('1');
      news.broadcast('2');
      client.resource.subscribe(news);
      client.resource.send('own');
      news.broadcast('3');
      scene.clock.turn();
      expect(text(client)).toBe('12own3');
    },
  );
});

describe('Who was resumed', () => {
  it('gets no history again when it comes back: it goes on with the next message', () => {
    const { scene, join, broadcast, text } = room(BoundedMemoryCache);
    broadcast('1', '2');
    const client = join();
    client.resource.resume();
    broadcast('3');
    const back = scene.again(client, plain);
    broadcast('4');
    expect([text(client), text(back)]).toEqual(['12', '4']);
  });
});

describe('Who was away', () => {
  it.each([MemoryLog, UUIDBroadcasterCache, BoundedMemoryCache])('gets what it missed: %p', (cache) => {
    const { scene, join, broadcast, text } = room(cache);
    const client = join();
    broadcast('1');
    client.resource.detach(client, 'lost');
    broadcast('2', '3');
    expect([text(client), text(scene.again(client, plain))]).toEqual(['1', '23']);
  });

  it('misses it with NoBroadcasterCache, but not what was sent to it alone', () => {
    const { scene, join, broadcast, text } = room(NoBroadcasterCache);
    const client = join();
    client.resource.detach(client, 'lost');
    broadcast('1');
    client.resource.send('own');
    const back = scene.again(client, plain);
    broadcast('2');
    expect(text(back)).toBe('own2');
  });
});

describe('NoBroadcasterCache', () => {
  it('reaches all who are connected, in the order of sending', () => {
    const { scene, join, text } = room(NoBroadcasterCache, 100);
    const clients = (['socket', 'stream', 'poll'] as const).map(join);
    const { broadcaster } = clients[0]?.resource ?? fail();
    for (const text of ['1', '2']) broadcaster.broadcast(text);
    for (const { resource } of clients) resource.send('own');
    broadcaster.broadcast('3', { to: () => true });
    scene.clock.turn();
    expect(clients.map(text)).toEqual(['12own3', '12own3', '1']);
  });

  it('is empty at any time', () => {
    const cache = new NoBroadcasterCache();
    cache.append();
    cache.expire();
    expect([cache.start, cache.end]).toEqual([0, 0]);
    expect(() => cache.at(0)).toThrow(new RangeError('offset 0 is not in a log that remembers nothing'));
  });
});

describe('An inspector', () => {
  it('keeps a message out of the log: who is connected gets it, in its place, and who is away does not', () => {
    const { scene, join, text } = room(MemoryLog);
    const [socket, stream, away] = [join('socket'), join(), join()];
    const { broadcaster } = socket.resource;
    broadcaster.cacheInspectors.push(
      { inspect: (message) => message !== 'typing' },
      { inspect: (message) => message !== 'secret' },
    );
    away.resource.detach(away, 'lost');
    for (const text of ['1', 'typing', '2', 'secret', '3']) broadcaster.broadcast(text);
    scene.clock.turn();
    const back = scene.again(away, plain);
    expect([socket, stream, back].map(text)).toEqual(['1typing2secret3', '1typing2secret3', '123']);
  });
});
