import { Heartbeat, ManagedService, Message } from '../declaration/decorators';
import { Scene, settled, type FakeConnection } from '../port.fixture';
import type { ResourceEvent } from './resource-event';
import type { ResourceListener } from './resource-listener';

const callbacks = [
  'onPreSuspend',
  'onSuspend',
  'onResume',
  'onHeartbeat',
  'onDisconnect',
  'onBroadcast',
  'onThrowable',
  'onClose',
] as const;

@ManagedService('/room')
class Room {
  @Message() onMessage(text: string): string {
    if (text === 'boom') throw new TypeError('boom');
    return text;
  }
  @Heartbeat() onHeartbeat(): void {}
}

/** A listener that writes down what it is told. */
function spy(): { told: string[]; events: ResourceEvent[]; listener: ResourceListener } {
  const told: string[] = [];
  const events: ResourceEvent[] = [];
  const entries = callbacks.map((name) => [
    name,
    (event: ResourceEvent) => {
      told.push(name);
      events.push(event);
    },
  ]);
  return { told, events, listener: Object.fromEntries(entries) as ResourceListener };
}

const flags = (event: ResourceEvent | undefined): string[] =>
  (
    [
      'isSuspended',
      'isResuming',
      'isResumedOnTimeout',
      'isCancelled',
      'isClosedByClient',
      'isClosedByApplication',
      'recovered',
      'gap',
    ] as const
  ).filter((flag) => event?.[flag]);

function scene(options: ConstructorParameters<typeof Scene>[1] = {}) {
  const recorded = spy();
  const made = new Scene([Room], {
    ...options,
    listeners: [recorded.listener],
    config: { clientHeartbeatSeconds: 5, ...options.config },
  });
  return { ...recorded, scene: made };
}

describe('A listener', () => {
  it('is told of the whole life of a resource, in order', () => {
    const { scene: made, told, events } = scene();
    const client = made.connect('socket');
    client.resource.receive('X');
    client.resource.receive('hi');
    client.resource.receive('boom');
    client.resource.resume();
    client.resource.suspend();
    client.resource.goodbye();
    expect(told).toEqual([
      'onPreSuspend',
      'onSuspend',
      'onHeartbeat',
      'onBroadcast',
      'onThrowable',
      'onResume',
      'onPreSuspend',
      'onSuspend',
      'onDisconnect',
    ]);
    expect(events[3]?.message).toBe('hi');
    expect(events[4]?.throwable).toEqual(new TypeError('boom'));
    expect(flags(events[5])).toEqual(['isResuming']);
    expect(flags(events.at(-1))).toEqual(['isClosedByClient']);
    expect(
      events.every(({ resource, broadcaster }) => resource === client.resource && broadcaster.id === '/room'),
    ).toBe(true);
  });

  it('is told before anything is written, and again before @Ready would run', () => {
    const order: string[] = [];
    const made = new Scene([Room], {
      listeners: [
        {
          onPreSuspend: ({ resource }) => void order.push(`pre ${resource.state}`),
          onSuspend: ({ resource }) => void order.push(`suspend ${resource.state}`),
        },
      ],
    });
    made.connect('stream');
    expect(order).toEqual(['pre connecting', 'suspend ready']);
  });

  it('of a polling client is told once for a run of polls, and again when it was resumed', () => {
    const { scene: made, told } = scene();
    let held = made.again(made.connect('poll'));
    for (const text of ['1', '2']) {
      held.resource.send(text);
      made.clock.turn();
      held = made.again(held);
    }
    expect(told).toEqual(['onPreSuspend', 'onSuspend']);
    held.resource.resume();
    made.again(held);
    expect(told.slice(2)).toEqual(['onResume', 'onPreSuspend', 'onSuspend']);
  });

  it.each([
    ['close', ['onClose'], ['isClosedByApplication']],
    ['goodbye', ['onDisconnect'], ['isClosedByClient']],
    ['vanish', ['onDisconnect'], ['isCancelled']],
  ] as const)('is told of the end by %s as %p', (how, callback, expected) => {
    const { scene: made, told, events } = scene();
    const client = made.connect('stream');
    if (how === 'vanish') client.resource.detach(client, 'lost');
    else client.resource[how]();
    made.clock.advance(31_000);
    expect(told.slice(2)).toEqual(callback);
    expect(flags(events.at(-1))).toEqual(expected);
    expect(events.at(-1)?.broadcasters.map(({ id }) => id)).toEqual(['/room']);
  });

  it('is told of broadcasts to its resource alone', () => {
    const made = new Scene([Room]);
    const clients = [1, 2].map(() => made.connect('stream')) as [FakeConnection, FakeConnection];
    const recorded = clients.map(({ resource }) => {
      const { told, events, listener } = spy();
      resource.addListener(listener);
      return { told, events };
    });
    const [{ resource: a }, { resource: b }] = clients;
    const { broadcaster } = a;
    broadcaster.broadcast('all');
    broadcaster.broadcast('a', { to: a });
    broadcaster.broadcast('b', { to: (resource) => resource === b });
    made.app.broadcasters.lookup('news').broadcast('a and b', { to: [a, b] });
    expect(recorded.map(({ events }) => events.map(({ message }) => message))).toEqual([
      ['all', 'a', 'a and b'],
      ['all', 'b', 'a and b'],
    ]);
  });

  it('may be added and removed at any time, and hears of later subscriptions too', () => {
    const made = new Scene([Room]);
    const { resource } = made.connect('stream');
    const { told, listener } = spy();
    resource.addListener(listener);
    const news = made.app.broadcasters.lookup('news');
    resource.subscribe(news);
    news.broadcast('x');
    expect(told).toEqual(['onBroadcast']);
    resource.removeListener(listener);
    news.broadcast('y');
    resource.close();
    expect(told).toEqual(['onBroadcast']);
  });

  it.each(callbacks)('whose %s throws, or rejects, is logged and disturbs nobody', async (callback) => {
    const boom = (): never => {
      throw new Error('boom');
    };
    const late = async (): Promise<never> => boom();
    const { told, listener } = spy();
    const made = new Scene([Room], {
      listeners: [{ [callback]: boom }, { [callback]: late }, listener],
      config: { clientHeartbeatSeconds: 5 },
    });
    const client = made.connect('socket');
    for (const text of ['X', 'hi', 'boom']) client.resource.receive(text);
    client.resource.resume();
    client.resource.close();
    made.connect('socket').resource.goodbye();
    await settled();
    expect(told).toContain(callback);
    expect(client.texts).toContain('hi');
    const logged = made.logger.lines.filter(({ message }) => message === `A listener's ${callback} failed`);
    expect(logged.length).toBe(2 * told.filter((name) => name === callback).length);
  });
});
