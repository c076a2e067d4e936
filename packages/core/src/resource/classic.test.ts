import { Disconnect, ManagedService, Ready } from '../declaration/decorators';
import type { Failure } from '../errors';
import { Scene, type Visit } from '../port.fixture';
import { ResourceEvent } from './resource-event';

let events: string[] = [];

@ManagedService('/room')
class Room {
  @Ready() onReady(event: ResourceEvent): void {
    events.push(`ready ${event.resource.uuid}`);
  }
  @Disconnect() onDisconnect(event: ResourceEvent): void {
    events.push(`disconnect ${event.isClosedByClient ? 'by client' : 'cancelled'}`);
  }
}

beforeEach(() => {
  events = [];
});

const classic: Visit = { framework: '4.0.1' };

describe('A classic client', () => {
  it('whose poll broke, and who comes too late, goes on under its id: it waits for no handshake', () => {
    const scene = new Scene([Room]);
    const held = scene.again(scene.connect('poll', classic), classic);
    held.resource.detach(held, 'lost');
    scene.clock.advance(10_100);
    const late = scene.again(held, classic);
    expect([late.resource.uuid, late.texts]).toEqual([held.resource.uuid, []]);
    const { uuid } = held.resource;
    expect(events).toEqual([`ready ${uuid}`, 'disconnect cancelled', `ready ${uuid}`]);
  });

  it.each(['stream', 'poll'] as const)(
    'who has said goodbye and goes on trying over a %s, as some do, begins no other life',
    (style) => {
      const scene = new Scene([Room]);
      const client = scene.again(scene.connect(style, classic), classic);
      const before = events.length;
      client.resource.goodbye();
      for (let times = 0; times < 3; times++)
        expect(() => scene.again(client, classic)).toThrow(expect.objectContaining({ code: 'unknown-resource' }));
      expect(events.slice(before)).toEqual(['disconnect by client']);
    },
  );

  it('who has said goodbye is not taken for new because others poll with ids that are not known', () => {
    const scene = new Scene([Room]);
    const client = scene.again(scene.connect('stream', classic), classic);
    client.resource.goodbye();
    const outcome = (visit: Visit): string => {
      try {
        return scene.connect('poll', visit).texts.length === 1 ? 'handshake' : 'held';
      } catch (error) {
        return (error as Failure).code;
      }
    };
    const { uuid: id } = client.resource;
    // One of version 5 under its id is told once, as with any id that is not known.
    expect([outcome({ id }), outcome({ id })]).toEqual(['unknown-resource', 'handshake']);
    for (let other = 0; other < 10_001; other++) outcome({ id: `unknown-${other}` });
    expect(() => scene.again(client, classic)).toThrow(expect.objectContaining({ code: 'unknown-resource' }));
  });

  it('who has said goodbye may come back over a socket, for which it needs no id', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('socket', classic);
    client.resource.goodbye();
    const next = scene.again(client, classic);
    expect([next.resource.state, next.texts]).toEqual(['ready', []]);
  });
});
