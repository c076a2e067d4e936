import { Broadcaster } from './broadcaster';
import { BroadcasterFactory } from './broadcaster-factory';
import { configure } from '../settings/config';
import { ManagedService } from '../declaration/decorators';
import type { Filter } from '../filters/filter';
import { Framings, joined, type FrameLayer } from '../codec/framing';
import type { Interceptor } from '../interceptors/interceptor';
import { Outflow } from './outflow';
import { HandClock, ListLogger, Scene, type FakeConnection } from '../port.fixture';
import { Timers } from '../time/timers';

@ManagedService('/room')
class Room {}

/** A scene whose framing counts its calls. */
function counting() {
  const framed: string[] = [];
  const layer = (id: string): FrameLayer => ({
    id,
    delimits: true,
    frame: (text) => (framed.push(`${id} ${text}`), `${id}${text}`),
  });
  const layers = new Map(['', 'a', 'b'].map((id) => [id, layer(id)]));
  const interceptor: Interceptor = { framing: ({ query }) => layers.get(query.get('layer') ?? '') };
  const scene = new Scene([Room], { interceptors: [interceptor] });
  const connect = (style: 'socket' | 'stream' | 'poll', name = '', protocol = false): FakeConnection =>
    scene.connect(style, { protocol, query: `layer=${name}` });
  const room = scene.app.broadcasters.lookup('/room');
  return { scene, framed, connect, room };
}

describe('A resource that ends while it is unsubscribed, because a filter closes it', () => {
  it('is removed once', () => {
    const { scene, connect, room } = counting();
    const [leaver, other] = [connect('stream'), connect('stream')];
    const removed: string[] = [];
    let closing = false;
    room.addListener({ onRemoveResource: (_room, { uuid }) => void removed.push(uuid) });
    room.filters.push({
      filter: (message) => ({ action: 'CONTINUE', message }),
      filterFor: (message, { resource }) => {
        if (resource === leaver.resource && !closing) {
          closing = true;
          resource.close();
        }
        return { action: 'CONTINUE', message };
      },
    });
    room.broadcast('hi');
    leaver.resource.unsubscribe(room);
    scene.clock.turn();
    expect([removed, room.size]).toEqual([[leaver.resource.uuid], 1]);
    expect(other.texts.join('')).toContain('hi');
  });
});

describe('A broadcast', () => {
  it('is framed once per framing of native groups, and published once for each', () => {
    const { scene, framed, connect, room } = counting();
    const connections = ['a', 'a', 'a', 'b', 'b'].map((name) => connect('socket', name));
    room.broadcast('hi');
    expect(framed).toEqual(['a hi', 'b hi']);
    expect(scene.socket.published).toEqual(['ahi', 'bhi']);
    expect(connections.map(({ texts }) => texts.join())).toEqual(['ahi', 'ahi', 'ahi', 'bhi', 'bhi']);
  });

  it('is framed once per framing for all that are served one by one, and reaches them in one write at the end of the turn', () => {
    const { scene, framed, connect, room } = counting();
    const connections = ['a', 'a', 'b', 'a'].map((name) => connect('stream', name));
    room.broadcast('1');
    room.broadcast('2');
    expect(connections.flatMap(({ writes }) => writes)).toEqual([]);
    scene.clock.turn();
    expect(framed).toEqual(['a 1', 'a 2', 'b 1', 'b 2']);
    expect(connections.map(({ texts }) => texts)).toEqual([['<a1><a2>'], ['<a1><a2>'], ['<b1><b2>'], ['<a1><a2>']]);
    expect(connections.map(({ writes }) => writes.length)).toEqual([1, 1, 1, 1]);
  });

  it('shares one buffer between all resources of one framing', () => {
    const { scene, connect, room } = counting();
    const [first, second, other] = [connect('stream', 'a'), connect('stream', 'a'), connect('stream', 'b')];
    room.broadcast('hi');
    scene.clock.turn();
    expect(first.writes[0]?.[0]).toBeInstanceOf(Buffer);
    expect(second.writes[0]?.[0]).toBe(first.writes[0]?.[0]);
    expect(other.writes[0]?.[0]).not.toBe(first.writes[0]?.[0]);
  });

  it('costs no framing while everybody is away, and reaches them when they are back', () => {
    const { scene, framed, connect, room } = counting();
    const client = connect('stream', 'a');
    client.resource.detach(client, 'lost');
    room.broadcast('hi');
    scene.clock.turn();
    expect(framed).toEqual([]);
    expect(scene.again(client, { protocol: false, query: 'layer=b' }).texts).toEqual(['<bhi>']);
  });

  it('passes the filters and is encoded once, not per receiver', () => {
    const { scene, connect, room } = counting();
    const clients = [connect('socket', 'a'), connect('stream', 'a'), connect('poll', 'b')];
    const shout: Filter = { filter: (message) => ({ action: 'CONTINUE', message: `${String(message)}!` }) };
    const drop: Filter = {
      filter: (message) => (message === 'secret!' ? { action: 'ABORT' } : { action: 'CONTINUE', message }),
    };
    room.filters.push(shout, drop);
    const encode = jest.fn((value: unknown) => `[${String(value)}]`);
    room.broadcast('secret', { encode });
    room.broadcast('hi', { encode });
    scene.clock.turn();
    expect(encode.mock.calls).toEqual([['hi!']]);
    expect(clients.map(({ texts }) => texts.join(''))).toEqual(['a[hi!]', '<a[hi!]>', 'b[hi!]']);
    expect(room.log.end).toBe(1);
  });

  it('of nothing is none', () => {
    const { room } = counting();
    room.broadcast(undefined);
    room.broadcast(null);
    expect([room.log.end, room.lastBroadcast]).toEqual([0, 0]);
  });

  it('remembers no frames of an earlier replay', () => {
    const { scene, connect, room } = counting();
    const client = connect('stream', 'a');
    client.resource.detach(client, 'lost');
    room.broadcast('1');
    const back = scene.again(client, { protocol: false, query: 'layer=a' });
    back.resource.detach(back, 'lost');
    room.broadcast('2');
    const framing = back.resource.endpoint.service.framing(back);
    expect(room.fanout.batch(framing, 0, false, back.resource).end).toBe(2);
  });
});

describe('A native group', () => {
  it('is there while somebody is in it, and has a topic of its own each time', () => {
    const { scene, connect, room } = counting();
    const [first, second] = [connect('socket', 'a'), connect('socket', 'a')];
    const [[topic, members] = []] = [...scene.socket.topics];
    expect([scene.socket.topics.size, members?.size]).toEqual([1, 2]);
    first.resource.detach(first, 'left');
    room.broadcast('1');
    second.resource.detach(second, 'left');
    expect(members?.size).toBe(0);
    room.broadcast('2');
    expect(scene.socket.published).toEqual(['a1']);
    connect('socket', 'a');
    expect([...scene.socket.topics.keys()].filter((name) => name !== topic)).toHaveLength(1);
  });

  it('does not lose count of a member that is full and then gone', () => {
    const { scene, connect, room } = counting();
    const [first, second] = [connect('socket', 'a'), connect('socket', 'a')];
    first.results.push('full');
    first.resource.send('x');
    first.resource.detach(first, 'lost');
    room.broadcast('1');
    expect(second.texts).toEqual(['a1']);
    second.resource.detach(second, 'lost');
    room.broadcast('2');
    expect(scene.socket.published).toEqual(['a1']);
  });

  it('needs a transport that can publish', () => {
    const { scene, room } = counting();
    const framing = new Framings().of(scene.stream, []);
    expect(() => room.fanout.enterGroup(framing, scene.stream)).toThrow("transport memory can't publish");
    expect(room.fanout.leaveGroup(framing)).toBeUndefined();
  });
});

describe('A broadcast to all but one', () => {
  it('is published once per framing, and reaches the others over every kind of connection, now and when they are back', () => {
    const { scene, room } = counting();
    const [sender, other] = [
      scene.connect('socket', { protocol: false }),
      scene.connect('socket', { protocol: false }),
    ];
    const [stream, away] = [scene.connect('stream', { protocol: false }), scene.connect('stream', { protocol: false })];
    away.resource.detach(away, 'lost');
    const { receivers } = room.broadcast('1', { except: sender.resource });
    room.broadcast('2', { except: stream.resource });
    room.broadcast('3');
    scene.clock.turn();
    expect(receivers).toBe(3);
    expect(scene.socket.published).toEqual(['1', '2', '3']);
    const heard = [sender, other, stream].map(({ texts }) => texts.join('').replace(/[<>]/g, ''));
    expect(heard).toEqual(['23', '123', '13']);
    expect(scene.again(away, { protocol: false }).texts.join('')).toBe('<1><2><3>');
  });

  it('is kept from the one who was away, too', () => {
    const { scene, room } = counting();
    const sender = scene.connect('socket', { protocol: false });
    sender.resource.detach(sender, 'lost');
    room.broadcast('1', { except: sender.resource });
    room.broadcast('2');
    expect(scene.again(sender, { protocol: false }).texts).toEqual(['2']);
  });
});

describe('Joined frames', () => {
  it('are one buffer, of text and bytes alike', () => {
    expect(joined(['a', 'é'])).toEqual([Buffer.from('aé')]);
    expect(joined(['a', new Uint8Array([255])])).toEqual([Buffer.from([97, 255])]);
    expect(joined([])).toEqual([]);
  });
});

describe('The factory of broadcasters', () => {
  function factory() {
    const clock = new HandClock();
    const fail = (error: unknown): never => {
      throw error;
    };
    const config = configure({ logSeconds: 10, logSweepSeconds: 10 });
    const parts = { config, logger: new ListLogger(), epoch: 'e', nextSequence: () => 0, now: () => clock.now() };
    const timers = new Timers(clock, fail);
    return { clock, broadcasters: new BroadcasterFactory({ ...parts, timers, outflow: new Outflow(clock, fail) }) };
  }

  it('makes one broadcaster per name', () => {
    const { broadcasters } = factory();
    const news = broadcasters.lookup('news');
    expect(news).toBeInstanceOf(Broadcaster);
    expect([broadcasters.lookup('news'), broadcasters.find('news'), broadcasters.find('other')]).toEqual([
      news,
      news,
      undefined,
    ]);
    expect([broadcasters.find('__proto__'), broadcasters.find('constructor')]).toEqual([undefined, undefined]);
    expect(broadcasters.all()).toEqual([news]);
  });

  it('gives the broadcaster of a service each filter of the service once, whoever asked for it first', () => {
    const filter: Filter = { filter: (message) => ({ action: 'CONTINUE', message }) };
    @ManagedService({ path: '/filtered/{room}', broadcastFilters: [filter] })
    class Filtered {}
    const scene = new Scene([Filtered]);
    const early = scene.app.broadcasters.lookup('/filtered/1');
    const own = scene.app.broadcasters.create('/filtered/2');
    for (const path of ['/filtered/1', '/filtered/2', '/filtered/1']) scene.connect('stream', { path });
    expect([early.filters, own.filters]).toEqual([[filter], [filter]]);
  });

  it('forgets a broadcaster only when nobody is subscribed', () => {
    const { connect, room, scene } = counting();
    const client = connect('stream');
    expect(scene.app.broadcasters.remove('/room')).toBe(false);
    client.resource.unsubscribe(room);
    expect([scene.app.broadcasters.remove('/room'), scene.app.broadcasters.remove('/room')]).toEqual([true, false]);
    expect(scene.app.broadcasters.find('/room')).toBeUndefined();
  });

  it('lets messages expire from logs that nobody appends to any more', () => {
    const { clock, broadcasters } = factory();
    const news = broadcasters.lookup('news');
    news.broadcast('old');
    clock.advance(9_000);
    expect(news.log.start).toBe(0);
    clock.advance(12_000);
    expect([news.log.start, news.log.end]).toEqual([1, 1]);
  });
});
