import { ManagedService } from '../declaration/decorators';
import type { Filter } from '../filters/filter';
import { Scene, type FakeConnection } from '../port.fixture';
import type { Resource } from '../resource/resource';

@ManagedService('/room')
class Room {}

/** A room whose messages are looked at for each of its clients: two WebSockets, and one that is served one by one. */
function room(decide: (message: unknown, resource: Resource) => void = () => undefined) {
  const scene = new Scene([Room]);
  const clients = (['socket', 'socket', 'stream'] as const).map((style) =>
    scene.connect(style, { query: 'X-Ionosphere-Position=' }),
  );
  const broadcaster = scene.app.broadcasters.lookup('/room');
  const filter: Filter = {
    filter: (message) => ({ action: 'CONTINUE', message }),
    filterFor: (message, { resource }) => {
      decide(message, resource);
      return { action: 'CONTINUE', message };
    },
  };
  broadcaster.filters.push(filter);
  const got = (): string[][] => {
    scene.clock.turn();
    return clients.map((client) => textsOf(client).slice(1));
  };
  const [first, second, third] = clients.map(({ resource }) => resource) as [Resource, Resource, Resource];
  return { scene, broadcaster, clients, got, first, second, third };
}

const textsOf = ({ texts }: FakeConnection): string[] => texts.map((text) => text.replace(/^<(.*)>$/, '$1'));

/** The messages alone. */
const messages = (texts: readonly string[]): string[] => texts.map((text) => text.replace(/^\d+:/, ''));

/** Whether the numbers in front of messages grow. */
const inOrder = (texts: readonly string[]): boolean => {
  const numbers = texts.map((text) => Number.parseInt(text, 10));
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? Infinity));
};

describe('What is sent while it is decided who gets a message', () => {
  it.each([
    ['broadcast', 3, (resource: Resource) => resource.broadcaster.broadcast('inner').receivers],
    ['sent to one', undefined, (resource: Resource) => resource.send('inner')],
  ])('comes before it, in the order of the numbers, when it is %s', (_, count, send) => {
    let isSent = false;
    const counts: unknown[] = [];
    const { broadcaster, got } = room((message, resource) => {
      if (message !== 'outer' || isSent) return;
      isSent = true;
      counts.push(send(resource));
    });
    counts.push(broadcaster.broadcast('outer').receivers);
    const texts = got();
    expect(texts.map(inOrder)).toEqual([true, true, true]);
    expect(messages(texts[0] ?? [])).toEqual(['inner', 'outer']);
    expect(counts).toEqual([count, 3]);
  });

  it('comes before it in other broadcasters too', () => {
    const { scene, broadcaster, got, first, second, third } = room((message, resource) => {
      if (message === 'outer' && resource === second) other.broadcast('elsewhere');
    });
    const other = scene.app.broadcasters.lookup('/other');
    for (const resource of [first, second, third]) resource.subscribe(other);
    broadcaster.broadcast('outer');
    const texts = got();
    expect(texts.map(inOrder)).toEqual([true, true, true]);
    expect(texts.slice(0, 2).map(messages)).toEqual([
      ['elsewhere', 'outer'],
      ['elsewhere', 'outer'],
    ]);
  });
});

describe('A message that is decided on for each receiver', () => {
  const ends: Readonly<Record<string, (second: Resource) => void>> = {
    'is unsubscribed': (second) => second.unsubscribe(second.broadcaster),
    'loses its broadcaster': (second) => void second.broadcaster.destroy(),
  };

  it.each(Object.keys(ends))('still reaches one that %s meanwhile, once, and nothing after it does', (how) => {
    const { broadcaster, got, first, second } = room((message, resource) => {
      if (message === 'last' && resource === first) ends[how]?.(second);
    });
    expect(broadcaster.broadcast('last').receivers).toBe(3);
    const texts = got();
    expect(texts.map(messages)).toEqual([['last'], ['last'], ['last']]);
    broadcaster.broadcast('later');
    expect(messages(got()[1] ?? [])).toEqual(['last']);
  });

  it('still reaches one that is away, and ended meanwhile', () => {
    const { scene, broadcaster, first, second, clients } = room((message, resource) => {
      if (message === 'last' && resource === first) second.unsubscribe(broadcaster);
    });
    const [, away] = clients as [FakeConnection, FakeConnection];
    second.detach(away, 'lost');
    broadcaster.broadcast('last');
    broadcaster.broadcast('later');
    const back = scene.again(away, { query: 'X-Ionosphere-Position=' });
    scene.clock.turn();
    expect(messages(textsOf(back).slice(1))).toEqual(['last']);
  });

  it('comes once to one that is subscribed again meanwhile, and not to one that is closed', () => {
    const { broadcaster, got, first, second, third } = room((message, resource) => {
      if (message !== 'last' || resource !== first) return;
      second.unsubscribe(broadcaster);
      second.subscribe(broadcaster);
      third.close();
    });
    broadcaster.broadcast('last');
    broadcaster.broadcast('later');
    expect(got().map(messages)).toEqual([['last', 'later'], ['last', 'later'], []]);
  });

  it('that is not remembered reaches one that ends meanwhile, too', () => {
    const { broadcaster, got, first, second } = room((message, resource) => {
      if (message === 'last' && resource === first) second.unsubscribe(broadcaster);
    });
    broadcaster.cacheInspectors.push({ inspect: () => false });
    broadcaster.broadcast('last');
    expect(got().map(messages)).toEqual([['last'], ['last'], ['last']]);
  });

  it('is not for the one that is left out', () => {
    const { broadcaster, got, first, third } = room();
    broadcaster.broadcast('not first', { except: first });
    broadcaster.broadcast('not third', { except: third });
    expect(got().map(messages)).toEqual([['not third'], ['not first', 'not third'], ['not first']]);
  });
});
