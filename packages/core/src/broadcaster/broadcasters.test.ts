import { Broadcaster } from './broadcaster';
import { DeliverTo, ManagedService, Message } from '../declaration/decorators';
import { Scene, type FakeConnection } from '../port.fixture';
import { Resource } from '../resource/resource';
import { ExcludeResourceBroadcaster } from './exclude-resource-broadcaster';
import { SimpleBroadcaster } from './simple-broadcaster';

const styles = ['socket', 'stream', 'poll'] as const;

function room(type: new (...args: ConstructorParameters<typeof Broadcaster>) => Broadcaster) {
  @ManagedService({ path: '/room', broadcaster: type })
  class Room {
    @Message() onMessage(text: string, resource: Resource): void {
      resource.send('own');
      resource.broadcaster.broadcast(text);
    }
  }
  const scene = new Scene([Room]);
  const clients = styles.map((style) => scene.connect(style, { protocol: false }));
  const texts = (): string[] => clients.map((client) => client.texts.join('').replace(/[<>]/g, ''));
  return { scene, clients, texts };
}

describe('A SimpleBroadcaster', () => {
  it('has written to everybody when `broadcast` returns, and a Broadcaster only to native groups', () => {
    for (const [type, written] of [
      [SimpleBroadcaster, ['x', 'x', 'x']],
      [Broadcaster, ['x', '', '']],
    ] as const) {
      const { clients, texts } = room(type);
      clients[0]?.resource.broadcaster.broadcast('x');
      expect(texts()).toEqual(written);
    }
  });

  it('keeps the order of what was sent before, and writes to those who are named', () => {
    const { clients, texts } = room(SimpleBroadcaster);
    const [, stream] = clients as [FakeConnection, FakeConnection];
    stream.resource.receive('x');
    stream.resource.broadcaster.broadcast('y', { to: stream.resource });
    expect(texts()[1]).toBe('ownxy');
  });

  it('does the same with what was delayed', () => {
    const { scene, clients, texts } = room(SimpleBroadcaster);
    clients[0]?.resource.broadcaster.delayBroadcast('later', 100);
    scene.clock.advance(200);
    expect(texts()).toEqual(['later', 'later', 'later']);
  });
});

describe('An ExcludeResourceBroadcaster', () => {
  @ManagedService({ path: '/room', broadcaster: ExcludeResourceBroadcaster })
  class Room {
    @Message({ type: 'others' }) onOthers(resource: Resource, others: ExcludeResourceBroadcaster): void {
      others.broadcast('to the others', { except: resource });
    }
    @Message() @DeliverTo('BROADCASTER') onMessage(text: string): string {
      return text;
    }
  }

  function others() {
    const scene = new Scene([Room]);
    const clients = (['socket', 'stream', 'socket'] as const).map((style) => scene.connect(style, { protocol: false }));
    const [a, b, c] = clients.map(({ resource }) => resource) as [Resource, Resource, Resource];
    const heard = (): string[] => {
      scene.clock.turn();
      return clients.map(({ writes }) => writes.splice(0).flat().join('').replace(/[<>]/g, ''));
    };
    return { scene, a, b, c, heard, broadcaster: scene.app.broadcasters.lookup('/room', ExcludeResourceBroadcaster) };
  }

  it('leaves out one, several, or those of whom something is true', () => {
    const { a, b, c, heard, broadcaster } = others();
    a.receive('{"type":"others"}');
    expect(heard()).toEqual(['', 'to the others', 'to the others']);
    expect(broadcaster.broadcast('1', { except: [a, b] }).receivers).toBe(1);
    expect(broadcaster.broadcast('2', { except: (resource) => resource === c }).receivers).toBe(2);
    expect(heard()).toEqual(['2', '2', '1']);
  });

  it('leaves them out even when they are named', () => {
    const { a, b, c, heard, broadcaster } = others();
    broadcaster.broadcast('1', { to: [a, b], except: b });
    broadcaster.broadcast('2', { to: b, except: b });
    broadcaster.broadcast('3', { to: (resource) => resource !== c, except: a });
    expect(heard()).toEqual(['1', '3', '']);
  });

  it('sends to all otherwise', () => {
    const { a, heard, broadcaster } = others();
    a.receive('hi');
    broadcaster.broadcast('all');
    expect(heard()).toEqual(['hiall', 'hiall', 'hiall']);
  });

  it('keeps it from one who was away, too', () => {
    const { scene, b, broadcaster } = others();
    const connection = scene.connect('stream', { id: b.uuid, protocol: false });
    b.detach(connection, 'lost');
    broadcaster.broadcast('not for b', { except: b });
    broadcaster.broadcast('for all');
    expect(scene.again(connection, { protocol: false }).texts).toEqual(['<for all>']);
  });
});
