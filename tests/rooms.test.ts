import { RoomProtocolInterceptor, RoomService, type PresenceEvent } from '@ionosphere/server';
import { Atmosphere } from 'atmosphere.js';
import { OfflineQueue } from 'atmosphere.js/queue';
import { AtmosphereRooms, type RoomHandle, type RoomMember } from 'atmosphere.js/room';
import { Client } from './client.fixture';
import { eventually, Journal } from './journal.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';

@RoomService({ path: '/rooms/{id}', maxHistory: 10 })
class Rooms {}

let server: TestServer;
const presence = new Journal<string>();

beforeAll(async () => {
  server = await TestServer.start({
    services: [Rooms],
    interceptors: [new RoomProtocolInterceptor()],
    config: { recoverySeconds: 1, pollGraceSeconds: 1 },
  });
  server.server.app.rooms.onPresence(({ type, room, member }: PresenceEvent) =>
    presence.push(`${type} ${member.id} ${room.name}`),
  );
});

const opened = new Set<Guest>();

afterEach(async () => {
  await Promise.all([...opened].map((guest) => guest.close()));
  await Client.closeAll();
});

afterAll(() => server.stop());

function stateIn(name: string, memberId: string): string | undefined {
  const room = server.server.app.rooms.find(name);
  return room?.resources.find((resource) => room.memberOf(resource)?.id === memberId)?.state;
}

type GuestTransport = 'websocket' | 'sse' | 'streaming' | 'long-polling';

/** The client library's own rooms, unmodified, and what they called back. */
class Guest {
  readonly told = new Journal<unknown[]>();
  readonly #atmosphere = new Atmosphere({ logLevel: 'silent' });
  readonly #rooms: AtmosphereRooms;
  #handle: RoomHandle | undefined;

  private constructor(
    url: string,
    private readonly room: string,
    readonly transport: GuestTransport,
  ) {
    opened.add(this);
    this.#rooms = new AtmosphereRooms(this.#atmosphere, {
      url: `${url}/rooms/${room}`,
      transport,
      enableProtocol: true,
      trackMessageLength: true,
      reconnect: true,
      reconnectInterval: 20,
      // In a browser (Node is faster) the library joins over a stream before it has its tracking id, unless that is queued.
      ...(['sse', 'streaming'].includes(transport) && { offlineQueue: new OfflineQueue() }),
    });
  }

  static async join(room: string, member: RoomMember, transport: GuestTransport, url = server.url): Promise<Guest> {
    const guest = new Guest(url, room, transport);
    guest.#handle = await guest.#rooms.join(room, member, {
      joined: (name, members) => guest.told.push(['joined', name, members]),
      join: (event) => guest.told.push(['join', event.member]),
      leave: (event) => guest.told.push(['leave', event.member]),
      message: (data, from) => guest.told.push(['message', data, from]),
      typing: ({ memberId, typing }) => guest.told.push(['typing', memberId, typing]),
    });
    await guest.heard(1);
    return guest;
  }

  get handle(): RoomHandle {
    if (!this.#handle) throw new Error('not joined');
    return this.#handle;
  }

  /** Waits until it was called that often in all, and gives the calls that are new since it was last asked. */
  async heard(count: number): Promise<unknown[][]> {
    await this.told.until((calls) => calls.length >= count, `${count} callbacks of a room over ${this.transport}`);
    return [...this.told.entries];
  }

  /** Waits for what must come next. */
  async hears(...calls: unknown[][]): Promise<void> {
    const before = this.#checked;
    const all = await this.heard(before + calls.length);
    expect(all.slice(before)).toEqual(calls);
    this.#checked = all.length;
  }

  #checked = 1;

  leave(): void {
    this.#rooms.leave(this.room);
  }

  async close(): Promise<void> {
    opened.delete(this);
    await this.#atmosphere.closeAll();
  }
}

/** A client that speaks the dialect of Atmosphere's server by hand, as its console does. */
class JavaGuest {
  private constructor(
    readonly client: Client,
    private readonly room: string,
  ) {}

  static async join(room: string, memberId: string, more: object = {}): Promise<JavaGuest> {
    const client = await Client.open(`${server.url}/rooms/${room}`, { transport: 'websocket' });
    const guest = new JavaGuest(client, room);
    guest.say({ type: 'join', memberId, ...more });
    return guest;
  }

  say(message: object): void {
    this.client.push({ room: this.room, ...message });
  }

  async hears(...messages: object[]): Promise<void> {
    const all = await this.client.received(this.#checked + messages.length);
    const room = this.room;
    expect(all.slice(this.#checked).map((text) => JSON.parse(text as string))).toEqual(
      messages.map((message) => ({ room, ...message })),
    );
    this.#checked = all.length;
  }

  #checked = 0;
}

describe.each<GuestTransport>(['websocket', 'sse', 'streaming', 'long-polling'])(
  'The rooms of atmosphere.js over %s',
  (transport) => {
    const alice = { id: 'alice', info: { avatar: 'a' } };

    it('are joined, spoken in and left, beside a client of the other dialect', async () => {
      const room = `lobby-${transport}`;
      const java = await JavaGuest.join(room, 'jack', { metadata: { age: 7 } });
      await java.hears({ type: 'join_ack', members: [{ id: 'jack', metadata: { age: 7 } }] });
      const ann = await Guest.join(room, alice, transport);
      expect([...ann.handle.members.keys()].sort()).toEqual(['alice', 'jack']);
      await java.hears({ type: 'presence', action: 'join', memberId: 'alice', metadata: { avatar: 'a' } });
      const bob = await Guest.join(room, { id: 'bob' }, transport);
      expect([...bob.handle.members.values()]).toEqual(
        expect.arrayContaining([{ id: 'jack', info: { age: 7 } }, alice, { id: 'bob' }]),
      );
      await ann.hears(['join', { id: 'bob' }]);
      await java.hears({ type: 'presence', action: 'join', memberId: 'bob', metadata: {} });

      ann.handle.broadcast({ text: 'hi |\r\n zoë' });
      await bob.hears(['message', { text: 'hi |\r\n zoë' }, alice]);
      await java.hears({ type: 'message', id: 1, from: 'alice', data: { text: 'hi |\r\n zoë' } });
      java.say({ type: 'broadcast', data: 'hello' });
      for (const guest of [ann, bob]) await guest.hears(['message', 'hello', { id: 'jack', info: { age: 7 } }]);

      bob.handle.sendTo('alice', 'psst');
      await ann.hears(['message', 'psst', { id: 'bob' }]);
      bob.handle.sendTo('jack', 'you too');
      await java.hears({ type: 'message', from: 'bob', data: 'you too' });
      java.say({ type: 'direct', targetId: 'bob', data: 'thanks' });
      await bob.hears(['message', 'thanks', { id: 'jack', info: { age: 7 } }]);

      ann.handle.setTyping(true);
      await bob.hears(['typing', 'alice', true]);
      await java.hears({ type: 'typing', memberId: 'alice', typing: true });

      bob.leave();
      await ann.hears(['leave', { id: 'bob' }]);
      await java.hears({ type: 'presence', action: 'leave', memberId: 'bob', metadata: {} });
      expect([...ann.handle.members.keys()].sort()).toEqual(['alice', 'jack']);
    });

    it('tell once of one that is gone without a word', async () => {
      const room = `hall-${transport}`;
      const bob = await Guest.join(room, { id: 'bob' }, transport);
      const proxy = await Proxy.start(server.port);
      try {
        const ann = await Guest.join(room, alice, transport, proxy.url);
        await bob.hears(['join', alice]);
        proxy.hold();
        proxy.cut();
        await ann.close();
        await bob.hears(['leave', alice]);
        bob.leave();
        await presence.until((entries) => entries.at(-1) === `LEAVE bob ${room}`, 'the last has left');
        expect(presence.entries.filter((event) => event === `LEAVE alice ${room}`)).toHaveLength(1);
      } finally {
        await proxy.stop();
      }
    });

    it('lose nothing, and nobody, while a connection is broken', async () => {
      const room = `attic-${transport}`;
      const proxy = await Proxy.start(server.port);
      try {
        const [bob, ann] = [
          await Guest.join(room, { id: 'bob' }, 'websocket'),
          await Guest.join(room, alice, transport, proxy.url),
        ];
        await bob.hears(['join', alice]);
        await eventually(() => stateIn(room, 'alice') === 'ready', 'alice is connected');
        proxy.hold();
        proxy.cut();
        await eventually(() => stateIn(room, 'alice') === 'away', 'the server notices');
        for (const text of ['one', 'two']) bob.handle.broadcast(text);
        bob.handle.sendTo('alice', 'three');
        proxy.release();
        await ann.hears(
          ['message', 'one', { id: 'bob' }],
          ['message', 'two', { id: 'bob' }],
          ['message', 'three', { id: 'bob' }],
        );
        ann.handle.broadcast('back');
        await bob.hears(['message', 'back', alice]);
        expect(presence.entries.filter((event) => event.endsWith(room))).toEqual([
          `JOIN bob ${room}`,
          `JOIN alice ${room}`,
        ]);
      } finally {
        await proxy.stop();
      }
    });
  },
);

describe('A history over the wire', () => {
  it('is brought to whoever joins, in both dialects, and since a message to whoever says which', async () => {
    const ann = await Guest.join('old', { id: 'ann' }, 'websocket');
    for (const text of ['a', 'b', 'c']) ann.handle.broadcast(text);
    const bob = await Guest.join('old', { id: 'bob' }, 'sse');
    await bob.hears(...['a', 'b', 'c'].map((text) => ['message', text, { id: 'ann' }]));
    const jack = await JavaGuest.join('old', 'jack', { sinceId: 2 });
    await jack.hears(
      { type: 'join_ack', members: ['ann', 'bob', 'jack'].map((id) => ({ id, metadata: {} })) },
      { type: 'message', id: 3, from: 'ann', data: 'c' },
    );
  });
});

describe('Bad input over the wire', () => {
  it('is answered to its sender, and disturbs nobody', async () => {
    const ann = await Guest.join('calm', { id: 'ann' }, 'websocket');
    const jack = await JavaGuest.join('calm', 'jack');
    await ann.hears(['join', { id: 'jack' }]);
    await jack.hears({ type: 'join_ack', members: ['ann', 'jack'].map((id) => ({ id, metadata: {} })) });
    jack.say({ type: 'direct', targetId: 'nobody', data: 1 });
    await jack.hears({ type: 'error', data: 'Member not found: nobody', code: 'not-found' });
    jack.say({ type: 'broadcast', room: 'elsewhere', data: 1 });
    await jack.hears({
      type: 'error',
      room: 'elsewhere',
      data: 'Only members may speak in a room; join "elsewhere" first.',
      code: 'forbidden',
    });
    ann.handle.sendTo('nobody', 'hello?');
    jack.say({ type: 'broadcast', data: 'fine' });
    await ann.hears(['message', 'fine', { id: 'jack' }]);
  });
});
