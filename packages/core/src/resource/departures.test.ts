import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Parameter } from '@ionosphere/protocol';
import { Broadcaster } from '../broadcaster/broadcaster';
import { ManagedService, Ready } from '../declaration/decorators';
import { Departed } from './departed';
import { MemoryLog } from '../log/message-log';
import { Scene, type FakeConnection, type Visit } from '../port.fixture';
import { ResourceEvent } from './resource-event';

let gaps = 0;

@ManagedService({ path: '/room', config: { logMessages: 4, logBytes: 100 } })
class Room {
  @Ready() onReady({ gap }: ResourceEvent): void {
    gaps += Number(gap);
  }
}

const plain: Visit = { protocol: false };
const positioned = (position = ''): Visit => ({ query: `${Parameter.position}=${position}` });

/** All that was written, but for the handshake. */
const text = ({ texts }: FakeConnection): string =>
  texts
    .join('')
    .replace(/[<>]/g, '')
    .replace(/^[\w-]{36}\|.*?\|.*?\|.*?\|/, '');

/** What a client is brought by subscriptions that begin and end. */
class Visits {
  readonly scene = new Scene([Room]);
  #count = 0;

  /** A subscription to a broadcaster of its own, which brings these messages, and ends. */
  bring(client: FakeConnection, payloads: readonly unknown[], log?: MemoryLog): Broadcaster {
    const { broadcasters } = this.scene.app;
    const broadcaster = broadcasters.create(`topic ${this.#count++}`, Broadcaster, log);
    client.resource.subscribe(broadcaster);
    for (const payload of payloads) broadcaster.broadcast(payload);
    client.resource.unsubscribe(broadcaster);
    return broadcaster;
  }

  away(visit: Visit = plain): FakeConnection {
    const client = this.scene.connect('stream', visit);
    client.resource.detach(client, 'lost');
    return client;
  }

  /** The client says that it has nothing yet. */
  backFromTheBeginning(client: FakeConnection): FakeConnection {
    return this.scene.again(client, positioned(`${this.scene.app.broadcasters.epoch}.-1`));
  }
}

beforeEach(() => {
  gaps = 0;
});

describe('What subscriptions that have ended brought', () => {
  it('is no more than one log keeps, all together, and a gap where there was more: in messages', () => {
    const visits = new Visits();
    const client = visits.away();
    for (const pair of ['ab', 'cd', 'ef']) visits.bring(client, [...pair]);
    expect([text(visits.scene.again(client, plain)), gaps]).toEqual(['cdef', 1]);
  });

  it('is no more than one log keeps, all together, and a gap where there was more: in bytes', () => {
    const visits = new Visits();
    const client = visits.away();
    for (const letter of 'abc') visits.bring(client, [letter.repeat(40)]);
    expect([text(visits.scene.again(client, plain)), gaps]).toEqual(['b'.repeat(40) + 'c'.repeat(40), 1]);
  });

  it('is all of the newest, which its own log bounds', () => {
    const visits = new Visits();
    const client = visits.away();
    const log = new MemoryLog({ maxMessages: 100, maxBytes: Infinity, maxAgeMillis: Infinity });
    visits.bring(client, ['before']);
    visits.bring(client, [...'abcdefgh'], log);
    expect([text(visits.scene.again(client, plain)), gaps]).toEqual(['abcdefgh', 1]);
  });

  it('counts until it is forgotten: what was written to a client that can not say what it has makes room at once', () => {
    const visits = new Visits();
    const client = visits.away();
    for (let round = 0; round < 3; round++) {
      for (const pair of ['ab', 'cd']) visits.bring(client, [...pair]);
      const back = visits.scene.again(client, plain);
      back.resource.detach(back, 'lost');
      expect([text(back), gaps]).toEqual(['abcd', 0]);
    }
  });

  it('and was written goes before what was not, and is a gap to who says that it has less', () => {
    const visits = new Visits();
    const client = visits.scene.connect('stream', positioned());
    for (const pair of ['ab', 'cd', 'ef']) visits.bring(client, [...pair]);
    expect(text(client)).toBe('0:a1:b2:c3:d4:e5:f');
    const back = visits.backFromTheBeginning(client);
    expect([text(back), gaps]).toEqual(['1!gap2:c3:d4:e5:f', 1]);
  });

  it('and was written goes before what was not, also when that is older', () => {
    const visits = new Visits();
    const client = visits.scene.connect('stream', positioned());
    const topics = ['owed', 'written'].map((id) => visits.scene.app.broadcasters.create(id));
    for (const topic of topics) client.resource.subscribe(topic);
    const [owed, written] = topics;
    for (const one of 'abc') written?.broadcast(one);
    visits.scene.clock.turn();
    client.resource.detach(client, 'lost');
    for (const one of 'de') owed?.broadcast(one);
    for (const topic of topics) client.resource.unsubscribe(topic);
    const { epoch } = visits.scene.app.broadcasters;
    expect([text(visits.scene.again(client, positioned(`${epoch}.2`))), gaps]).toEqual(['3:d4:e', 0]);
  });

  it('comes again in its order, whatever of it was lost on the way', () => {
    const visits = new Visits();
    const client = visits.scene.connect('stream', positioned());
    for (const letter of 'abcd') visits.bring(client, [letter]).destroy();
    const epoch = visits.scene.app.broadcasters.epoch;
    for (const [has, rest] of [
      [-1, '0:a1:b2:c3:d'],
      [2, '3:d'],
      [0, '1:b2:c3:d'],
      [3, ''],
    ] as const)
      expect(text(visits.scene.again(client, positioned(`${epoch}.${has}`)))).toBe(rest);
    expect(gaps).toBe(0);
  });

  it('and was written is not looked at by what is sent from then on, however much it is', () => {
    @ManagedService('/hall')
    class Hall {}
    const looksAfter = (count: number): number => {
      const scene = new Scene([Hall]);
      const client = scene.connect('stream', { path: '/hall', ...positioned() });
      for (let index = 0; index < count; index++) {
        const topic = scene.app.broadcasters.lookup(`topic ${index}`);
        client.resource.subscribe(topic);
        topic.broadcast(index);
        client.resource.unsubscribe(topic);
      }
      scene.clock.turn();
      expect(client.resource.out.owed.departures?.size).toBe(count);
      client.results.push('full');
      const last = scene.app.broadcasters.lookup('last');
      client.resource.subscribe(last);
      for (const one of ['written', 'next']) {
        last.broadcast(one);
        scene.clock.turn();
      }
      client.resource.unsubscribe(last);
      const looks = (['cursor', 'end', 'log', 'forgotten'] as const).map((name) =>
        jest.spyOn(Departed.prototype, name, 'get'),
      );
      client.resource.drained(client);
      expect(client.texts.join('')).toContain('next');
      const sum = looks.reduce((total, look) => total + look.mock.calls.length, 0);
      for (const look of looks) look.mockRestore();
      return sum;
    };
    expect(looksAfter(1000)).toBe(looksAfter(10));
  });

  it('reaches a client that was away in order, however many broadcasters it is of, and whoever else some of it was for', () => {
    @ManagedService({ path: '/hall' })
    class Hall {}
    const scene = new Scene([Hall]);
    const other = scene.connect('stream', { path: '/hall', protocol: false });
    const client = scene.connect('stream', { path: '/hall', protocol: false });
    client.resource.detach(client, 'lost');
    const topics = Array.from({ length: 700 }, (_, index) => scene.app.broadcasters.create(`topic ${index}`));
    for (const topic of topics) client.resource.subscribe(topic);
    const expected: string[] = [];
    for (let round = 0; round < 3; round++)
      for (let index = 0; index < 700; index++) {
        const topic = topics[(index * 37 + round) % 700];
        const name = `${round}.${index} `;
        if (index % 3 !== 0) expected.push(name);
        topic?.broadcast(name, index % 3 === 0 ? { to: ({ uuid }) => uuid === other.resource.uuid } : {});
      }
    for (const topic of topics) client.resource.unsubscribe(topic);
    expect(text(scene.again(client, { protocol: false })) === expected.join('')).toBe(true);
  });

  it.each<[string, (visits: Visits, client: FakeConnection) => void]>([
    ['when its resource has ended', (_, { resource }) => resource.close()],
    ['when it was written, and nobody can have less', (visits, client) => void visits.scene.again(client, plain)],
    [
      'when newer ones take its room',
      (visits, client) => {
        for (let times = 0; times < 4; times++) visits.bring(client, ['newer']).destroy();
      },
    ],
  ])('is let go of %s, also when the broadcaster was destroyed', async (_title, end) => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const visits = new Visits();
    const client = visits.away();
    const brought = (): WeakRef<Uint8Array> => {
      const payload = new Uint8Array(10);
      visits.bring(client, [payload]).destroy();
      return new WeakRef(payload);
    };
    const payload = brought();
    await new Promise(setImmediate);
    collect();
    expect(payload.deref()).toBeDefined();
    // A weak reference holds what it was asked for until the turn ends.
    await new Promise(setImmediate);
    end(visits, client);
    visits.scene.clock.turn();
    await new Promise(setImmediate);
    collect();
    expect(payload.deref()).toBeUndefined();
  });

  it('keeps no resource that has ended, as long as its broadcaster may be there', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const visits = new Visits();
    const broadcaster = visits.scene.app.broadcasters.create('topic');
    const ended = (): WeakRef<Departed> => {
      const client = visits.away();
      client.resource.subscribe(broadcaster);
      broadcaster.broadcast('x');
      client.resource.unsubscribe(broadcaster);
      const [departed] = client.resource.out.owed.departures?.all ?? [];
      if (!departed) throw new Error('nothing is owed');
      client.resource.close();
      return new WeakRef(departed);
    };
    const departed = ended();
    await new Promise(setImmediate);
    collect();
    expect([departed.deref(), broadcaster.log.end]).toEqual([undefined, 1]);
  });

  it('is what was in the log of a broadcaster that was destroyed, by its own bounds, and by those of the resource alone', () => {
    @ManagedService({ path: '/big', config: { logMessages: 1000, logSeconds: 1000 } })
    class Big {}
    const scene = new Scene([Big], { config: { logMessages: 2, logSeconds: 1 } });
    const client = scene.connect('stream', { path: '/big', protocol: false });
    const { broadcaster } = client.resource;
    const payload = (index: number): string => `${index} `;
    broadcaster.broadcast('had');
    scene.clock.turn();
    client.resource.detach(client, 'lost');
    const expected = Array.from({ length: 900 }, (_, index) => payload(index));
    for (const one of expected) broadcaster.broadcast(one);
    broadcaster.destroy();
    expect(broadcaster.log.end - broadcaster.log.start).toBe(0);
    scene.clock.advance(20_000);
    expect(text(scene.again(client, { protocol: false }))).toBe(expected.join(''));
  });

  it('is kept apart from the rest of the log when the broadcaster is destroyed: nobody has what was not meant for it', () => {
    const scene = new Scene([Room], { config: { logMessages: 100 } });
    const topic = scene.app.broadcasters.create('topic');
    const [early, late] = [scene.connect('stream', plain), scene.connect('stream', plain)];
    const kept = ({ resource }: FakeConnection): number[] =>
      (resource.out.owed.departures?.all ?? []).map(({ log }) => log.end - log.start);
    for (const client of [early, late]) client.resource.detach(client, 'lost');
    topic.broadcast('before');
    early.resource.subscribe(topic);
    for (const one of 'ab') topic.broadcast(one);
    early.resource.unsubscribe(topic);
    late.resource.subscribe(topic);
    topic.broadcast('c');
    topic.destroy();
    expect([kept(early), kept(late)]).toEqual([[2], [1]]);
    expect([early, late].map((client) => text(scene.again(client, plain)))).toEqual(['ab', 'c']);
    expect(gaps).toBe(0);
  });
});
