import type { Broadcaster } from './broadcaster';
import { SimpleBroadcaster } from './simple-broadcaster';
import { ManagedService } from '../declaration/decorators';
import type { Filter } from '../filters/filter';
import { Failure } from '../errors';
import { Scene, settled, thrownBy, type FakeConnection } from '../port.fixture';
import type { Resource } from '../resource/resource';

@ManagedService('/room')
class Room {}

/** Three clients, one of each kind, and what each has got since it was last asked. */
function room(options: ConstructorParameters<typeof Scene>[1] = {}) {
  const scene = new Scene([Room], options);
  const clients = (['socket', 'stream', 'socket'] as const).map((style) =>
    scene.connect(style, { protocol: false }),
  ) as [FakeConnection, FakeConnection, FakeConnection];
  const { broadcaster } = clients[0].resource;
  const heard = (): string[] => {
    scene.clock.turn();
    return clients.map(({ writes }) => writes.splice(0).flat().join('').replace(/[<>]/g, ''));
  };
  return { scene, clients, broadcaster, heard };
}

describe('A broadcast', () => {
  it('goes to one, to several, or to those of whom something is true', () => {
    const { clients, broadcaster, heard } = room();
    const [a, b, c] = clients.map(({ resource }) => resource) as [Resource, Resource, Resource];
    b.attributes.set('role', 'admin');
    expect(broadcaster.broadcast('all').receivers).toBe(3);
    expect(broadcaster.broadcast('one', { to: b }).receivers).toBe(1);
    expect(broadcaster.broadcast('set', { to: new Set([a, c]) }).receivers).toBe(2);
    expect(broadcaster.broadcast('twice', { to: [c, c] }).receivers).toBe(1);
    expect(
      broadcaster.broadcast('admin', { to: ({ attributes }) => attributes.get('role') === 'admin' }).receivers,
    ).toBe(1);
    expect(broadcaster.broadcast('none', { to: () => false }).receivers).toBe(0);
    expect(heard()).toEqual(['allset', 'alloneadmin', 'allsettwice']);
  });

  it('for one who is named reaches somebody who is not subscribed, too', () => {
    const { scene, clients, heard } = room();
    scene.app.broadcasters.lookup('news').broadcast('x', { to: clients[1].resource });
    expect(heard()).toEqual(['', 'x', '']);
  });

  it('for some of those who are away waits for them alone', () => {
    const { scene, clients, broadcaster } = room();
    for (const client of clients) client.resource.detach(client, 'lost');
    broadcaster.broadcast('a');
    broadcaster.broadcast('b', { to: (resource) => resource === clients[1].resource });
    broadcaster.broadcast('c', { to: clients[2].resource });
    broadcaster.broadcast('d');
    const back = clients.map((client) => scene.again(client, { protocol: false }).texts.join('').replace(/[<>]/g, ''));
    expect(back).toEqual(['ad', 'abd', 'acd']);
  });

  it('asks a function for the value, and sends nothing when there is none', () => {
    const { broadcaster, heard } = room();
    expect(broadcaster.broadcast(() => 'made').receivers).toBe(3);
    expect(
      [undefined, null, () => undefined, () => null].map((value) => broadcaster.broadcast(value).receivers),
    ).toEqual([0, 0, 0, 0]);
    expect(heard()).toEqual(['made', 'made', 'made']);
  });

  it('of a promise is a mistake, which is told', () => {
    const { broadcaster } = room();
    expect(() => broadcaster.broadcast(Promise.resolve('x'))).toThrow("a promise can't be encoded; await it first");
  });
});

describe('A filter that is asked for each receiver', () => {
  const upper = (resource: Resource): boolean => resource.request.query.has('upper');
  const perReceiver: Filter = {
    filter: (message) => ({ action: 'CONTINUE', message }),
    filterFor: (message, { resource, original }) => {
      if (message === 'boom' && upper(resource)) throw new Error('boom');
      if (message === 'secret' && !upper(resource)) return { action: 'ABORT' };
      if (message === 'skip') return { action: 'SKIP', message: 'skipped' };
      return { action: 'CONTINUE', message: upper(resource) ? String(original).toUpperCase() : message };
    },
  };
  const last: Filter = {
    filter: (message) => ({ action: 'CONTINUE', message }),
    filterFor: (message) => ({ action: 'CONTINUE', message: `${String(message)}.` }),
  };

  function filtered() {
    const scene = new Scene([Room]);
    const clients = (['socket', 'stream', 'poll', 'socket'] as const).map((style, index) =>
      scene.connect(style, { protocol: false, ...(index % 2 === 0 && { query: 'upper' }) }),
    );
    const [first] = clients;
    if (!first) throw new Error('never');
    const { broadcaster } = first.resource;
    broadcaster.filters.push(perReceiver, last);
    const heard = (): string[] => {
      scene.clock.turn();
      return clients.map(({ texts }) => texts.join('').replace(/[<>]/g, ''));
    };
    return { scene, clients, broadcaster, heard };
  }

  it.each<[string, (receiver: Resource, other: Broadcaster) => void, string]>([
    ['close its receiver', (receiver) => receiver.close(), ''],
    ['end the subscription', (receiver) => receiver.unsubscribe(receiver.broadcaster), 'ab'],
    ['end another subscription of its receiver', (receiver, other) => receiver.unsubscribe(other), 'ab'],
  ])('may %s while a message is on its way, and is asked for it once', (_, act, got) => {
    const { scene, clients, broadcaster, heard } = room();
    const other = scene.app.broadcasters.lookup('news');
    const { resource } = clients[1];
    resource.subscribe(other);
    let asked = 0;
    broadcaster.filters.push({
      filter: (message) => ({ action: 'CONTINUE', message }),
      filterFor: (message, { resource: receiver }) => {
        if (receiver === resource && asked++ === 0) act(receiver, other);
        return { action: 'CONTINUE', message };
      },
    });
    broadcaster.broadcast('a');
    broadcaster.broadcast('b');
    expect(heard()).toEqual(['ab', got, 'ab']);
    expect(asked).toBe(got.length || 1);
    expect(scene.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  describe('and ends another subscription of its receiver', () => {
    /** A stream that is subscribed to two broadcasters; the filter of the first acts when it is asked for the first time. */
    function twice(act: (receiver: Resource, other: Broadcaster) => void) {
      const { scene, clients, broadcaster } = room();
      const [, stream] = clients;
      const other = scene.app.broadcasters.lookup('news');
      stream.resource.subscribe(other);
      const acts = [act];
      broadcaster.filters.push({
        filter: (message) => ({ action: 'CONTINUE', message }),
        filterFor: (message, { resource }) => {
          if (resource === stream.resource) acts.pop()?.(resource, other);
          return { action: 'CONTINUE', message };
        },
      });
      other.broadcast('1');
      broadcaster.broadcast('2');
      other.broadcast('3');
      broadcaster.broadcast('4');
      return { scene, stream };
    }
    const got = ({ texts }: FakeConnection): string => texts.join('').replace(/[<>]/g, '');

    it.each<[string, (receiver: Resource, other: Broadcaster) => void]>([
      ['as it is', (receiver, other) => receiver.unsubscribe(other)],
      ['with its broadcaster', (_, other) => void other.destroy()],
    ])('%s: what was broadcast before is written all the same, once, and nothing that comes after', (_, act) => {
      const { scene, stream } = twice((receiver, other) => {
        act(receiver, other);
        other.broadcast('late');
      });
      scene.clock.turn();
      expect(got(stream)).toBe('1234');
      expect(scene.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
    });

    it('while its connection breaks: it comes with the next one, all of it', () => {
      const { scene, stream } = twice((receiver, other) => {
        stream.results.push('closed');
        receiver.unsubscribe(other);
      });
      scene.clock.turn();
      stream.resource.detach(stream, 'lost');
      expect([got(stream), got(scene.again(stream, { protocol: false }))]).toEqual(['', '1234']);
    });
  });

  it('changes, keeps back or lets through what each gets, on every kind of connection', () => {
    const { broadcaster, heard } = filtered();
    broadcaster.broadcast('a');
    expect(heard()).toEqual(['A.', 'a.', 'A.', 'a.']);
  });

  it('with ABORT keeps it from this receiver alone, and with SKIP ends the chain', () => {
    const { broadcaster, heard } = filtered();
    broadcaster.broadcast('secret');
    broadcaster.broadcast('skip');
    expect(heard()).toEqual(['SECRET.skipped', 'skipped', 'SECRET.', 'skipped']);
  });

  it('is asked for those who are named, too, and for what is sent with the next resume', () => {
    const { clients, broadcaster, heard } = filtered();
    const named = clients.slice(0, 2).map(({ resource }) => resource);
    expect(broadcaster.broadcast('secret', { to: named }).receivers).toBe(1);
    broadcaster.broadcastOnResume('secret');
    for (const resource of named) resource.resume();
    expect(heard()).toEqual(['SECRET.SECRET.', '', '', '']);
  });

  it('is asked when a resource that was away is back', () => {
    const { scene, clients, broadcaster } = filtered();
    const [, away] = clients;
    if (!away) throw new Error('never');
    away.resource.detach(away, 'lost');
    for (const text of ['a', 'secret', 'b']) broadcaster.broadcast(text);
    expect(scene.again(away, { protocol: false }).texts.join('')).toBe('<a.><b.>');
  });

  it('that throws is logged; its receiver gets the next message, and the others get all', () => {
    const { scene, broadcaster, heard } = filtered();
    broadcaster.broadcast('boom');
    broadcaster.broadcast('next');
    expect(heard()).toEqual(['NEXT.', 'boom.next.', 'NEXT.', 'boom.next.']);
    expect(scene.logger.lines.filter(({ level }) => level === 'error').length).toBeGreaterThan(0);
  });

  it('and a predicate that throws keeps the message from that receiver alone', () => {
    const { scene, clients, broadcaster, heard } = room();
    const [first] = clients;
    const picky = (resource: Resource): boolean => {
      if (resource === first.resource) throw new Error('boom');
      return true;
    };
    expect(broadcaster.broadcast('x', { to: picky }).receivers).toBe(2);
    expect(heard()).toEqual(['', 'x', 'x']);
    expect(scene.logger.lines[0]).toMatchObject({ level: 'error', fields: { uuid: first.resource.uuid } });
  });
});

describe('Filters for all', () => {
  it('see the value of a function, the name of the broadcaster, and may ABORT or SKIP', () => {
    const { scene, broadcaster, heard } = room();
    const seen: unknown[] = [];
    broadcaster.filters.push(
      {
        filter: (message, context) => {
          seen.push(message, context);
          if (message === 'no') return { action: 'ABORT' };
          return message === 'skip' ? { action: 'SKIP', message: 'skipped' } : { action: 'CONTINUE', message };
        },
      },
      { filter: (message) => ({ action: 'CONTINUE', message: `${String(message)}.` }) },
    );
    const reports = [() => 'yes', 'no', 'skip'].map((value) => broadcaster.broadcast(value).receivers);
    expect([reports, heard()[0]]).toEqual([[3, 0, 3], 'yes.skipped']);
    expect(seen.slice(0, 2)).toEqual(['yes', { broadcaster: '/room', original: 'yes' }]);
    expect(scene.app.broadcasters.lookup('other').filters).toEqual([]);
  });
});

describe('The suspend policy', () => {
  it('FIFO resumes the oldest to make room, and a WebSocket of it stays open', () => {
    const { scene, clients, broadcaster, heard } = room();
    broadcaster.setSuspendPolicy(3);
    const late = scene.connect('socket', { protocol: false });
    expect(broadcaster.resources).toEqual([clients[1].resource, clients[2].resource, late.resource]);
    broadcaster.broadcast('x');
    expect([heard(), late.texts]).toEqual([['', 'x', 'x'], ['x']]);
    expect([clients[0].closedWith, clients[0].resource.isSuspended]).toEqual([undefined, false]);
  });

  it('FIFO ends the response of the oldest over HTTP, and takes the place of one that was resumed before', () => {
    const scene = new Scene([Room]);
    const [a, b] = [scene.connect('stream'), scene.connect('stream')];
    const { broadcaster } = a.resource;
    broadcaster.setSuspendPolicy(2, 'FIFO');
    scene.connect('stream');
    expect(a.closedWith).toEqual({ failure: undefined });
    const news = scene.app.broadcasters.lookup('news');
    news.setSuspendPolicy(1);
    b.resource.resume();
    b.resource.subscribe(news);
    scene.connect('stream').resource.subscribe(news);
    expect(news.size).toBe(1);
    expect(news.resources).not.toContain(b.resource);
  });

  it('REJECT refuses the newcomer, who leaves nothing behind', () => {
    const { scene, broadcaster } = room();
    broadcaster.setSuspendPolicy(3, 'REJECT');
    expect(thrownBy(() => scene.connect('socket'))).toMatchObject({ code: 'full' });
    expect([broadcaster.size, scene.app.resources.size]).toEqual([3, 3]);
    broadcaster.setSuspendPolicy(-1);
    scene.connect('socket');
    expect(broadcaster.size).toBe(4);
  });

  it('REJECT refuses one that was resumed and comes back too late, and who is suspended or subscribed by hand', () => {
    const { scene, clients, broadcaster } = room();
    const [socket, stream] = clients;
    for (const { resource } of [socket, stream]) resource.resume();
    broadcaster.setSuspendPolicy(1, 'REJECT');
    const again = scene.again(stream, { protocol: false });
    expect([again.closedWith?.failure?.code, stream.resource.isSuspended]).toEqual(['full', false]);
    expect(() => socket.resource.suspend()).toThrow(Failure);
    expect(socket.resource.isSuspended).toBe(false);
    expect(() => socket.resource.subscribe(broadcaster)).toThrow('There is no room for one more.');
    clients[2].resource.close();
    socket.resource.suspend();
    expect([socket.resource.isSuspended, broadcaster.resources]).toEqual([true, [socket.resource]]);
  });

  it('lets one that is away come back to its place', () => {
    const { scene, clients, broadcaster } = room();
    broadcaster.setSuspendPolicy(3, 'REJECT');
    clients[1].resource.detach(clients[1], 'lost');
    expect(scene.again(clients[1]).closedWith).toBeUndefined();
  });
});

describe('A broadcast for the next resume', () => {
  it('goes to those who are subscribed now, when they are resumed or connect again', () => {
    const { scene, clients, broadcaster, heard } = room();
    const [socket, stream, other] = clients;
    broadcaster.broadcastOnResume('bye');
    const late = scene.connect('socket', { protocol: false });
    expect(heard()).toEqual(['', '', '']);
    socket.resource.resume();
    late.resource.resume();
    stream.resource.detach(stream, 'lost');
    const back = scene.again(stream, { protocol: false });
    scene.clock.turn();
    expect([heard(), late.texts, back.texts]).toEqual([['bye', '', ''], [], ['<bye>']]);
    other.resource.close();
    expect(heard()).toEqual(['', '', '']);
  });

  it('is kept for one who is resumed while it is away', () => {
    const { scene, clients, broadcaster } = room();
    const [, stream] = clients;
    stream.resource.detach(stream, 'lost');
    broadcaster.broadcastOnResume('bye');
    stream.resource.resume();
    expect(scene.again(stream, { protocol: false }).texts).toEqual(['<bye>']);
  });

  it('is not kept without end', () => {
    const { clients, broadcaster, heard } = room({ config: { logMessages: 2 } });
    for (const text of ['1', '2', '3']) broadcaster.broadcastOnResume(text);
    clients[0].resource.resume();
    expect(heard()[0]).toBe('23');
  });
});

describe('A listener of broadcasters', () => {
  it('is told of all that happens, with how a message fared', async () => {
    const told: string[] = [];
    const listener = {
      onPostCreate: ({ id }: { id: string }) => void told.push(`made ${id}`),
      onMessage: (_b: unknown, message: unknown, { receivers }: { receivers: number }) =>
        void told.push(`message ${String(message)} for ${receivers}`),
      onComplete: () => void told.push('complete'),
      onPreDestroy: () => void told.push('destroy?'),
      onAddResource: () => void told.push('add'),
      onRemoveResource: () => void told.push('remove'),
    };
    const { scene, clients } = room();
    const { broadcasters } = scene.app;
    broadcasters.addListener(listener);
    const news = broadcasters.create('news');
    clients[1].resource.subscribe(news);
    news.broadcast('x');
    scene.clock.turn();
    await settled();
    news.destroy();
    broadcasters.removeListener(listener);
    news.broadcast('y');
    expect(told).toEqual(['made news', 'add', 'message x for 1', 'complete', 'destroy?', 'remove']);
  });

  it('of one broadcaster is told of that alone, and may object to its end', () => {
    const { scene, broadcaster } = room();
    const told: unknown[] = [];
    const listener = {
      onMessage: (_b: unknown, message: unknown) => void told.push(message),
      onPreDestroy: () => false,
    };
    broadcaster.addListener(listener);
    scene.app.broadcasters.lookup('news').broadcast('news');
    broadcaster.broadcast('mine');
    expect([told, broadcaster.destroy(), broadcaster.isDestroyed, broadcaster.size]).toEqual([
      ['mine'],
      false,
      false,
      3,
    ]);
    broadcaster.removeListener(listener);
    broadcaster.broadcast('unheard');
    expect([told, broadcaster.destroy(), broadcaster.size]).toEqual([['mine'], true, 0]);
  });

  it('that throws, or rejects, is logged and disturbs nobody', async () => {
    const { scene, broadcaster, heard } = room();
    const boom = (): never => {
      throw new Error('boom');
    };
    const late = (): unknown => Promise.reject(new Error('late'));
    broadcaster.addListener({ onMessage: boom, onAddResource: late, onPreDestroy: boom });
    broadcaster.broadcast('x');
    scene.connect('stream');
    await settled();
    expect([heard()[0], broadcaster.destroy()]).toEqual(['x', true]);
    const logged = scene.logger.lines.filter(({ message }) => message === 'A broadcaster listener failed');
    expect(logged).toHaveLength(3);
  });
});

describe('The factory', () => {
  it('looks up by class, and says when the broadcaster is of another', () => {
    const { scene } = room();
    const { broadcasters } = scene.app;
    const simple = broadcasters.lookup('simple', SimpleBroadcaster);
    expect(simple).toBeInstanceOf(SimpleBroadcaster);
    expect(broadcasters.lookup('simple')).toBe(simple);
    expect(() => broadcasters.lookup('/room', SimpleBroadcaster)).toThrow(
      'the broadcaster "/room" is a Broadcaster, not a SimpleBroadcaster',
    );
    expect(() => broadcasters.create('simple')).toThrow('there is a broadcaster "simple" already; use lookup');
  });

  it('lets one that was destroyed hand on to the one that has its name since', () => {
    const { scene, clients, heard } = room();
    const { broadcasters } = scene.app;
    const old = broadcasters.lookup('news');
    expect(broadcasters.remove('news')).toBe(true);
    const young = broadcasters.lookup('news');
    expect(young).not.toBe(old);
    clients[0].resource.subscribe(old);
    expect([young.size, old.size]).toEqual([1, 0]);
    old.broadcast('x');
    clients[0].resource.unsubscribe(old);
    old.broadcast('y');
    expect([heard()[0], broadcasters.find('news'), old.isDestroyed]).toEqual(['x', young, true]);
  });

  it('knows one again that was destroyed and is used', () => {
    const { scene } = room();
    const { broadcasters } = scene.app;
    const news = broadcasters.lookup('news');
    news.broadcast('old');
    news.destroy();
    expect([broadcasters.find('news'), news.log.end - news.log.start]).toEqual([undefined, 0]);
    news.broadcast('new');
    expect([broadcasters.find('news'), news.log.end - news.log.start]).toEqual([news, 1]);
  });
});
