import fc from 'fast-check';
import { DeliverTo, Disconnect, Heartbeat, ManagedService, Message, OnError, Ready } from '../declaration/decorators';
import { Failure } from '../errors';
import { FakeConnection, requestFor, Scene, settled, type Visit } from '../port.fixture';
import { Resource } from './resource';
import { ResourceEvent } from './resource-event';

let events: string[] = [];

@ManagedService('/room')
class Room {
  @Ready() onReady(event: ResourceEvent): void {
    events.push(`ready${event.recovered ? ' recovered' : ''}${event.gap ? ' gap' : ''}`);
  }
  @Message() @DeliverTo('RESOURCE') onMessage(text: string): string {
    return text;
  }
  @Heartbeat() onHeartbeat(): void {
    events.push('heartbeat');
  }
  @Disconnect() onDisconnect(event: ResourceEvent): void {
    const { isCancelled, isClosedByClient, isClosedByApplication } = event;
    const flags = { isCancelled, isClosedByClient, isClosedByApplication };
    events.push(
      `disconnect ${Object.entries(flags)
        .flatMap(([name, set]) => (set ? [name] : []))
        .join()}`,
    );
  }
  @OnError() onError(failure: Failure, resource: Resource): void {
    if (failure.code !== 'slow-client') return;
    events.push('slow-client');
    if (resource.request.query.has('strict')) resource.close(failure);
  }
}

beforeEach(() => {
  events = [];
});

const handshake = ({ resource }: FakeConnection): string => `${resource.uuid}|0|X|`;
const classic: Visit = { framework: '4.0.1' };

describe('The first connection of a client', () => {
  it('is announced once to @Ready, and not as recovered', () => {
    const { resource } = new Scene([Room]).connect('socket');
    expect(events).toEqual(['ready']);
    expect([resource.state, resource.transport]).toEqual(['ready', 'memory']);
  });

  it.each(['socket', 'stream', 'poll'] as const)(
    'over a %s begins with the handshake, if it asked for one',
    (style) => {
      const scene = new Scene([Room]);
      for (const framework of ['5.0.7', '4.0.1', '2.3.8-javascript', undefined]) {
        const client = scene.connect(style, { framework });
        expect(client.texts.join('')).toContain(handshake(client));
        expect(scene.connect(style, { framework, protocol: false }).texts).toEqual([]);
      }
    },
  );

  it('has the handshake framed like any text, with the configured fields', () => {
    const scene = new Scene([Room], {
      config: { clientHeartbeatSeconds: 60, heartbeatPadding: '~', messageDelimiter: '#' },
    });
    const client = scene.connect('socket', { tracking: true });
    expect(client.texts).toEqual([`45#${client.resource.uuid}#60000#~#`]);
  });

  it('that polls is answered with the handshake alone, and announced with the second poll', () => {
    const scene = new Scene([Room]);
    const first = scene.connect('poll');
    first.resource.send('waiting');
    expect([first.texts, events, first.resource.state]).toEqual([[handshake(first)], [], 'away']);
    const second = scene.again(first);
    expect([second.texts, events]).toEqual([['waiting'], ['ready']]);
  });

  it('that never comes leaves no trace: no @Ready, no @Disconnect', () => {
    const scene = new Scene([Room]);
    const resource = scene.app.connect(requestFor('stream')) as Resource;
    expect([resource.state, scene.app.resources.size]).toEqual(['connecting', 1]);
    scene.clock.advance(10_100);
    expect([resource.state, scene.app.resources.size, events]).toEqual(['closed', 0, []]);
    const late = new FakeConnection(scene.stream, requestFor('stream'), resource);
    resource.attach(late);
    expect(late.closedWith?.failure).toMatchObject({ code: 'unknown-resource' });
  });

  it('that is full with the handshake is announced all the same, and goes on when it has drained', () => {
    const scene = new Scene([Room]);
    const request = requestFor('stream');
    const resource = scene.app.connect(request) as Resource;
    const connection = new FakeConnection(scene.stream, request, resource);
    connection.results.push('full');
    resource.attach(connection);
    resource.send('hi');
    scene.clock.turn();
    expect([connection.texts.length, events]).toEqual([1, ['ready']]);
    resource.drained(connection);
    expect(connection.texts[1]).toBe('<hi>');
  });
});

describe('A client that comes back under its id', () => {
  it.each(['socket', 'stream'] as const)(
    'over a %s gets the handshake again, with the same id, before what it missed',
    (style) => {
      const scene = new Scene([Room]);
      const first = scene.connect(style);
      first.resource.detach(first, 'lost');
      first.resource.broadcaster.broadcast('a|b');
      const again = scene.again(first);
      expect(again.resource).toBe(first.resource);
      expect(again.texts.join(' ').replace(/[<>]/g, '')).toBe(`${handshake(first)} a|b`);
      expect(events).toEqual(['ready', 'ready recovered']);
    },
  );

  it.each(['socket', 'stream', 'poll'] as const)(
    'over a %s gets none when it is classic, or did not ask for one',
    (style) => {
      for (const visit of [classic, { framework: '3.1.3-javascript' }, { protocol: false }, { framework: undefined }]) {
        const scene = new Scene([Room]);
        const first = scene.connect(style, visit);
        first.resource.detach(first, 'lost');
        first.resource.broadcaster.broadcast('m');
        expect(scene.again(first, visit).texts.join('').replace(/[<>]/g, '')).toBe('m');
      }
    },
  );

  it('by a normal poll gets none', () => {
    const scene = new Scene([Room]);
    const second = scene.again(scene.connect('poll'));
    second.resource.send('1');
    scene.clock.turn();
    const third = scene.again(second);
    third.resource.send('2');
    scene.clock.turn();
    expect([second.texts, third.texts]).toEqual([['1'], ['2']]);
    expect(events).toEqual(['ready']);
  });

  it('by the first poll after one that it broke off gets it at once and alone, and what it missed with the next', () => {
    const scene = new Scene([Room]);
    const held = scene.again(scene.connect('poll', { tracking: true }), { tracking: true });
    held.resource.detach(held, 'lost');
    for (const text of ['m1', 'm2|x', 'm3']) held.resource.broadcaster.broadcast(text);
    const greeted = scene.again(held, { tracking: true });
    expect(greeted.texts).toEqual([`41|${handshake(held)}`]);
    expect(scene.again(held, { tracking: true }).texts).toEqual(['2|m14|m2|x2|m3']);
    expect(events).toEqual(['ready']);
  });

  it('takes over from its older connection, which is closed and no longer written to', () => {
    const scene = new Scene([Room]);
    const first = scene.connect('stream', { protocol: false });
    const second = scene.again(first, { protocol: false }, 'socket');
    expect(first.closedWith).toEqual({ failure: undefined });
    second.resource.broadcaster.broadcast('m');
    scene.clock.turn();
    expect([first.texts, second.texts]).toEqual([[], ['m']]);
    second.resource.detach(first, 'lost');
    expect([second.resource.state, second.resource.transport, second.resource.request]).toEqual([
      'ready',
      'memory',
      second.request,
    ]);
  });

  it('to another path gets a new id, and the old resource is left alone', () => {
    @ManagedService('/other')
    class Other {}
    const scene = new Scene([Room, Other]);
    const client = scene.connect('stream');
    const other = scene.again(client, { path: '/other' });
    expect(other.resource).not.toBe(client.resource);
    expect(client.closedWith).toBeUndefined();
  });
});

describe('An id that the server does not know', () => {
  const unknown = '9f9693cd-56d2-4ac4-8cb1-d31f13f73281';

  it.each(['socket', 'stream', 'poll'] as const)(
    'is never adopted; a client of version 5 learns its new one over a %s',
    (style) => {
      const scene = new Scene([Room]);
      for (const id of [unknown, 'm2', '../x', '__proto__', 'x'.repeat(128)]) {
        const client = scene.connect(style, { id });
        expect(client.resource.uuid).toMatch(/^[0-9a-f-]{36}$/);
        expect(client.resource.uuid).not.toBe(id);
        expect(client.texts.join('')).toContain(handshake(client));
      }
    },
  );

  it('of a classic client is answered with no handshake, which it would take for a message', () => {
    const scene = new Scene([Room]);
    expect(scene.connect('socket', { ...classic, id: unknown }).texts).toEqual([]);
    expect(scene.connect('stream', { ...classic, id: unknown }).texts).toEqual([]);
    expect(() => scene.connect('poll', { ...classic, id: unknown })).toThrow(
      expect.objectContaining({ code: 'unknown-resource' }),
    );
    expect(scene.connect('poll', { ...classic, id: unknown, protocol: false }).texts).toEqual([]);
  });

  it('that wasync made up is answered with the handshake that it waits for', () => {
    const client = new Scene([Room]).connect('socket', { framework: '4.0', id: unknown });
    expect(client.texts).toEqual([handshake(client)]);
  });

  it('polled with again and again is refused every second time, so that the client starts anew', () => {
    const scene = new Scene([Room]);
    const outcome = (id: string): string => {
      try {
        return scene.connect('poll', { id }).texts.length === 1 ? 'handshake' : 'held';
      } catch (error) {
        return (error as Failure).code;
      }
    };
    const twice = [outcome(unknown), outcome('m2'), outcome(unknown), outcome('m2'), outcome(unknown)];
    expect(twice).toEqual(['handshake', 'handshake', 'unknown-resource', 'unknown-resource', 'handshake']);
    expect(outcome('x'.repeat(129))).toBe('unknown-resource');
  });

  it('that lapsed between two polls is given again, without a handshake that the client does not expect', () => {
    const scene = new Scene([Room]);
    const held = scene.again(scene.connect('poll'));
    held.resource.send('1');
    scene.clock.turn();
    scene.clock.advance(10_100);
    expect(events).toEqual(['ready', 'disconnect isCancelled']);
    const late = scene.again(held);
    expect([late.resource.uuid, late.texts]).toEqual([held.resource.uuid, []]);
    expect(late.resource).not.toBe(held.resource);
    expect(events.slice(2)).toEqual(['ready gap']);
    scene.clock.advance(1);
    expect(scene.again(held).resource).toBe(late.resource);
  });

  it('that lapsed after a broken poll is answered with a handshake, which the client waits for', () => {
    const scene = new Scene([Room]);
    const held = scene.again(scene.connect('poll'));
    held.resource.detach(held, 'lost');
    scene.clock.advance(10_100);
    const late = scene.again(held);
    expect(late.texts).toEqual([handshake(late)]);
  });

  it.each(['close', 'goodbye'] as const)(
    'that ended by %s is refused once, so that a poll under way begins no new life',
    (end) => {
      const scene = new Scene([Room]);
      const held = scene.again(scene.connect('poll'));
      held.resource[end]();
      expect(() => scene.again(held)).toThrow(expect.objectContaining({ code: 'unknown-resource' }));
      expect(scene.connect('poll').texts).toHaveLength(1);
    },
  );
});

describe('A gap', () => {
  const short = { config: { logMessages: 2 } };

  it('is told when a client returns after its log has gone on without it', () => {
    const scene = new Scene([Room], short);
    const client = scene.connect('stream', { protocol: false });
    client.resource.detach(client, 'lost');
    for (const text of ['1', '2', '3']) client.resource.broadcaster.broadcast(text);
    const back = scene.again(client, { protocol: false });
    expect(back.texts.join('')).toBe('<2><3>');
    expect(events).toEqual(['ready', 'ready gap']);
    back.resource.detach(back, 'lost');
    scene.again(back, { protocol: false });
    expect(events[2]).toBe('ready recovered');
  });

  it('is told to a polling client too', () => {
    const scene = new Scene([Room], short);
    const held = scene.again(scene.connect('poll', { tracking: true }), { tracking: true });
    held.resource.send('x');
    scene.clock.turn();
    for (const text of ['1', '2', '3']) held.resource.broadcaster.broadcast(text);
    expect(scene.again(held, { tracking: true }).texts).toEqual(['1|21|3']);
    expect(events).toEqual(['ready', 'ready gap']);
  });

  it('is what a client has that was cut off because it did not keep up; the service is told at once', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('socket');
    client.resource.detach(client, 'overrun');
    expect(events).toEqual(['ready', 'slow-client']);
    scene.again(client);
    expect(events[2]).toBe('ready gap');
  });

  it('may be a reason to close the resource in @OnError, which then stays closed', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('socket', { query: 'strict' });
    client.resource.detach(client, 'overrun');
    expect([events, client.resource.state]).toEqual([
      ['ready', 'slow-client', 'disconnect isClosedByApplication'],
      'closed',
    ]);
    scene.clock.advance(60_000);
    expect(events).toHaveLength(3);
  });
});

describe('The end of a resource', () => {
  it.each([
    ['left', 'disconnect isClosedByClient', 0],
    ['lost', 'disconnect isCancelled', 30_000],
    ['overrun', 'disconnect isCancelled', 30_000],
  ] as const)('comes when its connection is %s and its time is over', (reason, event, millis) => {
    const scene = new Scene([Room]);
    const client = scene.connect('socket');
    client.resource.detach(client, reason);
    scene.clock.advance(Math.max(0, millis - 100));
    expect(events.filter((name) => name.startsWith('disconnect'))).toEqual(millis === 0 ? [event] : []);
    scene.clock.advance(millis && 200);
    expect(events.at(-1)).toBe(event);
    expect([client.resource.state, scene.app.resources.size, client.resource.endpoint.population]).toEqual([
      'closed',
      0,
      0,
    ]);
  });

  it('comes after the poll grace when a poll is answered and none follows', () => {
    const scene = new Scene([Room], { config: { pollGraceSeconds: 5 } });
    const held = scene.again(scene.connect('poll'));
    scene.clock.advance(60_500);
    expect([held.texts, events]).toEqual([['X'], ['ready']]);
    scene.clock.advance(5_000);
    expect(events).toEqual(['ready', 'disconnect isCancelled']);
  });

  it('by goodbye closes the connection without a failure', () => {
    const client = new Scene([Room]).connect('stream');
    client.resource.goodbye();
    expect([client.closedWith, events]).toEqual([{ failure: undefined }, ['ready', 'disconnect isClosedByClient']]);
  });

  it.each(['socket', 'stream', 'poll'] as const)('by close first writes what was sent, over a %s', (style) => {
    const scene = new Scene([Room]);
    const client = style === 'poll' ? scene.again(scene.connect(style)) : scene.connect(style, { protocol: false });
    client.resource.send('bye');
    client.resource.broadcaster.broadcast('all');
    client.resource.close(new Failure('forbidden'));
    expect(client.texts.join('').replace(/[<>]/g, '')).toMatch(style === 'poll' ? /^bye/ : /^byeall$/);
    if (style !== 'poll') expect(client.closedWith?.failure).toMatchObject({ code: 'forbidden' });
    expect(events.at(-1)).toBe('disconnect isClosedByApplication');
  });

  it('leaves nothing that can still be done with it', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream', { protocol: false });
    const { resource } = client;
    resource.close();
    expect(resource.receive('x')).toMatchObject({ code: 'unknown-resource' });
    resource.send('x');
    resource.subscribe(resource.broadcaster);
    resource.close();
    resource.goodbye();
    resource.detach(client, 'left');
    resource.drained(client);
    scene.clock.turn();
    scene.clock.advance(600_000);
    expect([client.texts, resource.broadcasters, resource.broadcaster.size]).toEqual([[], [], 0]);
    expect(events).toEqual(['ready', 'disconnect isClosedByApplication']);
  });

  it('is told once, after the last @Ready, whatever happens in whatever order', () => {
    const what = fc.oneof(
      fc.record({ attach: fc.constantFrom('socket', 'stream', 'poll'), framework: fc.constantFrom('5.0.7', '4.0.1') }),
      fc.record({ detach: fc.constantFrom('answered', 'lost', 'overrun', 'left') }),
      fc.record({ wait: fc.constantFrom(100, 6_000, 20_000, 61_000) }),
      fc.record({ do: fc.constantFrom('close', 'goodbye', 'receive', 'heartbeat', 'drained', 'turn', 'full') }),
    );
    const property = fc.property(fc.boolean(), fc.array(what, { maxLength: 25 }), (strict, steps) => {
      events = [];
      const scene = new Scene([Room], { config: { clientHeartbeatSeconds: 5 } });
      const resource = scene.app.connect(requestFor('stream')) as Resource;
      const connections: FakeConnection[] = [];
      for (const one of steps) {
        const newest = connections.at(-1);
        if ('attach' in one) {
          const visit = { framework: one.framework, id: resource.uuid, ...(strict && { query: 'strict' }) };
          const connection = new FakeConnection(scene[one.attach as 'poll'], requestFor(one.attach, visit), resource);
          connections.push(connection);
          resource.attach(connection);
        } else if ('detach' in one) {
          if (newest) resource.detach(newest, one.detach);
        } else if ('wait' in one) scene.clock.advance(one.wait);
        else if (one.do === 'close') resource.close();
        else if (one.do === 'goodbye') resource.goodbye();
        else if (one.do === 'receive') void resource.receive('x');
        else if (one.do === 'heartbeat') void resource.receive('X');
        else if (one.do === 'turn') scene.clock.turn();
        else if (newest && one.do === 'drained') resource.drained(newest);
        else newest?.results.push('full');
      }
      const newest = connections.at(-1);
      if (newest) resource.detach(newest, 'lost');
      scene.clock.advance(100_000);
      const ends = events.filter((name) => name.startsWith('disconnect'));
      expect(ends).toHaveLength(events.some((name) => name.startsWith('ready')) ? 1 : 0);
      if (ends.length > 0) expect(events.at(-1)).toBe(ends[0]);
      expect([resource.state, scene.app.resources.size, resource.broadcaster.size]).toEqual(['closed', 0, 0]);
      expect(connections.every(({ closedWith, resource: { state } }) => closedWith ?? state === 'closed')).toBe(true);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('A heartbeat of the server', () => {
  it('is written when nothing else was for the whole interval', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('socket', { tracking: true });
    scene.clock.advance(30_000);
    client.resource.broadcaster.broadcast('m');
    scene.clock.advance(59_000);
    expect(client.texts.slice(1)).toEqual(['1|m']);
    scene.clock.advance(9_000);
    expect(client.texts.slice(2)).toEqual(['1|X']);
    scene.clock.advance(120_300);
    expect(client.texts.slice(2)).toEqual(['1|X', '1|X', '1|X']);
  });

  it.each([
    [undefined, 60],
    [120, 120],
    [60, 60],
    [10, 60],
    [0, undefined],
  ])('comes, when the client wishes one after %p seconds, after %p', (heartbeat, seconds) => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream', heartbeat === undefined ? {} : { heartbeat });
    scene.clock.advance((seconds ?? 1000) * 1000 - 100);
    expect(client.texts).toHaveLength(1);
    scene.clock.advance(300);
    expect(client.texts.slice(1)).toEqual(seconds === undefined ? [] : ['<X>']);
  });

  it('is never sent when the settings say so, whatever the client wishes', () => {
    const scene = new Scene([Room], { config: { heartbeatSeconds: 0 } });
    const client = scene.connect('stream', { heartbeat: 10 });
    scene.clock.advance(1_000_000);
    expect(client.texts).toHaveLength(1);
  });

  it('is a ping for a client without the protocol, which would take it for a message', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream', { protocol: false });
    scene.clock.advance(60_100);
    expect([client.texts, client.pings]).toEqual([[], 1]);
  });

  it('ends a held poll, and stops with the connection', () => {
    const scene = new Scene([Room]);
    const held = scene.again(scene.connect('poll'));
    scene.clock.advance(60_100);
    expect([held.texts, held.resource.state]).toEqual([['X'], 'away']);
    const client = scene.connect('stream');
    client.resource.detach(client, 'lost');
    scene.clock.advance(25_000);
    expect(client.texts).toHaveLength(1);
  });

  it('is written to a connection that has drained and has nothing else to say, because some need a write to go on', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream');
    client.resource.drained(client);
    expect(client.texts[1]).toBe('<X>');
    client.resource.drained(new FakeConnection(scene.stream, client.request, client.resource));
    expect(client.texts).toHaveLength(2);
  });
});

describe('A heartbeat of the client', () => {
  const asked = { config: { clientHeartbeatSeconds: 5 } };

  it('is told to @Heartbeat and is no message, when it was asked for', () => {
    const scene = new Scene([Room], asked);
    const client = scene.connect('socket');
    expect(client.resource.receive('X')).toBeUndefined();
    expect([events, client.texts.length]).toEqual([['ready', 'heartbeat'], 1]);
  });

  it('is a message like any other when it was not asked for, or is bytes, or comes without the protocol', () => {
    const unasked = new Scene([Room]).connect('socket');
    const scene = new Scene([Room], asked);
    const plain = scene.connect('socket', { protocol: false });
    const bytes = scene.connect('socket');
    for (const client of [unasked, plain]) expect(client.resource.receive('X')).toBeUndefined();
    expect(bytes.resource.receive(Buffer.from('X'))).toBeUndefined();
    expect([unasked, plain, bytes].map(({ texts }) => texts.at(-1))).toEqual(['X', 'X', 'X']);
    expect(events).not.toContain('heartbeat');
  });
});

describe('@Ready', () => {
  it.each(['throws', 'rejects'])('that %s refuses the client: it is told why and closed', async (how) => {
    @ManagedService('/door')
    class Door {
      @Ready() onReady(): unknown {
        const failure = new Failure('unauthorized', 'No ticket.');
        if (how === 'rejects') return Promise.reject(failure);
        throw failure;
      }
      @Disconnect() onDisconnect(event: ResourceEvent): void {
        events.push(`closed by application: ${String(event.isClosedByApplication)}`);
      }
    }
    const scene = new Scene([Door]);
    const client = scene.connect('stream', { path: '/door', protocol: false });
    await settled();
    expect(client.texts).toEqual(['<{"error":{"code":"unauthorized","message":"No ticket.","retry":false}}>']);
    expect([client.closedWith?.failure?.code, client.resource.state]).toEqual(['unauthorized', 'closed']);
    expect(events).toEqual(['closed by application: true']);
  });

  it('that takes its time holds the messages that come meanwhile', async () => {
    const log: string[] = [];
    @ManagedService('/slow')
    class Slow {
      @Ready() async onReady(): Promise<void> {
        await settled();
        log.push('ready');
      }
      @Message() onMessage(text: string): void {
        log.push(text);
      }
    }
    const { resource } = new Scene([Slow]).connect('stream', { path: '/slow' });
    await resource.receive('message');
    expect(log).toEqual(['ready', 'message']);
  });
});

describe('An interceptor that throws when it is asked for its framing', () => {
  it.each(['socket', 'stream', 'poll'] as const)(
    'refuses the connection over a %s, and the resource stays as it was',
    (style) => {
      let broken = true;
      const framing = (): undefined => {
        if (broken) throw new Failure('forbidden');
      };
      const scene = new Scene([Room], { interceptors: [{ framing }] });
      const refused = scene.connect(style);
      expect([refused.closedWith?.failure?.code, refused.texts, events]).toEqual(['forbidden', [], []]);
      expect(refused.resource.state).toBe('connecting');
      broken = false;
      const client = scene.connect(style === 'poll' ? 'stream' : style);
      broken = true;
      scene.again(client);
      expect([client.closedWith, client.resource.state]).toEqual([undefined, 'ready']);
      scene.clock.advance(11_000);
      expect(refused.resource.state).toBe('closed');
    },
  );
});
