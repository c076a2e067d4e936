import { Disconnect, ManagedService, Message } from '../declaration/decorators';
import { Scene, type FakeConnection } from '../port.fixture';
import type { Resource } from '../resource/resource';
import { ResourceEvent } from '../resource/resource-event';
import { IdleResourceInterceptor } from './idle-resource';

const gone: ResourceEvent[] = [];

@ManagedService('/room')
class Room {
  @Message() onMessage(_text: string): void {}
  @Disconnect() onDisconnect(event: ResourceEvent): void {
    gone.push(event);
  }
}

const scene = (options: ConstructorParameters<typeof Scene>[1] = {}): Scene =>
  new Scene([Room], { interceptors: [new IdleResourceInterceptor({ maxInactiveSeconds: 60 })], ...options });
const alive = ({ resource }: FakeConnection): boolean => resource.state !== 'closed';

describe('IdleResourceInterceptor', () => {
  beforeEach(() => void gone.splice(0));

  it.each(['socket', 'stream'] as const)('ends a %s from which nothing came', (style) => {
    const idle = scene();
    const client = idle.connect(style);
    idle.clock.advance(59_000);
    expect(alive(client)).toBe(true);
    idle.clock.advance(1100);
    expect(client.closedWith?.failure).toMatchObject({ code: 'idle', limit: 'maxInactiveSeconds' });
    expect(gone.map((event) => event.isClosedByApplication)).toEqual([true]);
  });

  it('counts from the last message, heartbeat or connect; what the server sends is no life', () => {
    const idle = scene({ config: { clientHeartbeatSeconds: 30 } });
    const speaker = idle.connect('socket');
    const beater = idle.connect('socket');
    const returner = idle.connect('socket');
    const listener = idle.connect('socket');
    idle.clock.advance(50_000);
    speaker.resource.receive('hello');
    beater.resource.receive('X');
    returner.resource.detach(returner, 'lost');
    const returned = idle.again(returner);
    idle.app.broadcasters.lookup('/room').broadcast('news');
    idle.clock.advance(11_000);
    expect([speaker, beater, returned, listener].map(alive)).toEqual([true, true, true, false]);
    idle.clock.advance(50_000);
    expect([speaker, beater, returned].map(alive)).toEqual([false, false, false]);
  });

  it('spares a poll that is held', () => {
    const idle = scene({ config: { heartbeatSeconds: 0 } });
    const client = idle.connect('poll', { protocol: false });
    idle.clock.advance(500_000);
    expect(alive(client)).toBe(true);
  });

  it('keeps no timer of a resource that has ended, or has never attached', () => {
    const idle = scene();
    const client = idle.connect('socket', { protocol: false });
    client.resource.goodbye();
    const never = idle.app.connect(client.request) as Resource;
    idle.clock.advance(200_000);
    expect(never.state).toBe('closed');
    expect(idle.logger.lines.filter(({ message }) => message.includes('idle'))).toEqual([]);
  });

  it('is not there by default, and is with a setting', () => {
    const [off, on] = [new Scene([Room]), new Scene([Room], { limits: { maxInactiveSeconds: 60 } })];
    const clients = [off, on].map((one) => one.connect('socket'));
    for (const one of [off, on]) one.clock.advance(61_000);
    expect(clients.map(alive)).toEqual([true, false]);
  });

  it.each([0, -1, NaN])('refuses %d seconds', (maxInactiveSeconds) => {
    expect(() => new IdleResourceInterceptor({ maxInactiveSeconds })).toThrow('it must be a number above 0');
  });
});
