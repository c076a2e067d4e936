import type { Resource } from '../resource/resource';
import { ManagedService } from '../declaration/decorators';
import { Failure } from '../errors';
import type { RoomAuthorizer } from './room-authorizer';
import { RoomAuth } from './room-decorators';
import { RoomProtocolInterceptor } from './room-protocol-interceptor';
import { type RoomClient, Scene } from './rooms.fixture';

const error = (data: string, code: string, room = 'lobby'): object => ({ type: 'error', room, data, code });
const notMember = error('Only members may speak in a room; join "lobby" first.', 'forbidden');

describe('A join', () => {
  it('in the dialect of atmosphere.js is answered in it, and told to the others, each in their own', async () => {
    const scene = new Scene();
    const jack = await scene.connect();
    await jack.send({ type: 'join', room: 'lobby', memberId: 'jack', metadata: { age: 7 } });
    expect(jack.news()).toEqual([{ type: 'join_ack', room: 'lobby', members: [{ id: 'jack', metadata: { age: 7 } }] }]);
    const ann = await scene.connect();
    await ann.send({ type: 'join', room: 'lobby', member: { id: 'ann', info: { color: 'red' } } });
    expect(ann.news()).toEqual([
      {
        type: 'join',
        room: 'lobby',
        data: [
          { id: 'jack', info: { age: 7 } },
          { id: 'ann', info: { color: 'red' } },
        ],
      },
    ]);
    const bob = await scene.member('bob');
    expect(bob.news()).toEqual([]);
    expect(jack.news()).toEqual([
      { type: 'presence', room: 'lobby', action: 'join', memberId: 'ann', metadata: { color: 'red' } },
      { type: 'presence', room: 'lobby', action: 'join', memberId: 'bob', metadata: {} },
    ]);
    expect(ann.news()).toEqual([{ type: 'presence', room: 'lobby', data: 'join', member: { id: 'bob' } }]);
    expect(scene.presence).toEqual(['JOIN jack lobby', 'JOIN ann lobby', 'JOIN bob lobby']);
  });

  it('without a name gets an id that is not the secret one', async () => {
    const scene = new Scene();
    const client = await scene.connect();
    await client.send({ type: 'join', room: 'lobby' });
    const [ack] = client.news() as [{ members: { id: string }[] }];
    expect(ack.members).toHaveLength(1);
    expect(ack.members[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(ack.members[0]?.id).not.toBe(client.resource.uuid);
  });

  it('that is repeated is answered again, and is no news to anybody', async () => {
    const scene = new Scene();
    const [ann, bob] = [await scene.member('ann'), await scene.member('bob')];
    ann.news();
    await bob.send({ type: 'join', room: 'lobby', member: { id: 'bob' } });
    expect(bob.news()).toEqual([{ type: 'join', room: 'lobby', data: [{ id: 'ann' }, { id: 'bob' }] }]);
    expect(ann.news()).toEqual([]);
    expect(scene.presence).toEqual(['JOIN ann lobby', 'JOIN bob lobby']);
  });

  it('tells what is known of a member by the newest word of it', async () => {
    const scene = new Scene();
    const [ann, bob] = [await scene.member('ann'), await scene.connect()];
    for (const info of [{ mood: 'good' }, { mood: 'bad' }])
      await ann.send({ type: 'join', room: 'lobby', member: { id: 'ann', info } });
    await bob.send({ type: 'join', room: 'lobby', member: { id: 'bob', info: null } });
    expect(bob.news()).toEqual([
      { type: 'join', room: 'lobby', data: [{ id: 'ann', info: { mood: 'bad' } }, { id: 'bob' }] },
    ]);
  });

  it('under another name changes who it is, and its dialect', async () => {
    const scene = new Scene();
    const [ann, bob] = [await scene.member('ann'), await scene.member('bob')];
    ann.news();
    await bob.send({ type: 'join', room: 'lobby', memberId: 'rob' });
    expect(bob.news()).toEqual([
      {
        type: 'join_ack',
        room: 'lobby',
        members: [
          { id: 'ann', metadata: {} },
          { id: 'rob', metadata: {} },
        ],
      },
    ]);
    expect(ann.news()).toEqual([
      { type: 'presence', room: 'lobby', data: 'leave', member: { id: 'bob' } },
      { type: 'presence', room: 'lobby', data: 'join', member: { id: 'rob' } },
    ]);
    expect(scene.presence.slice(2)).toEqual(['LEAVE bob lobby', 'JOIN rob lobby']);
    await ann.say('hi');
    expect(bob.news()).toEqual([{ type: 'message', room: 'lobby', id: 1, from: 'ann', data: 'hi' }]);
  });

  it('by a request without a connection is refused, and leaves nothing behind', async () => {
    const scene = new Scene();
    const { request } = (await scene.connect()).resource;
    const visitor = scene.app.visitor(request) as Resource;
    await visitor.receive(JSON.stringify({ type: 'join', room: 'lobby', member: { id: 'ghost' } }));
    visitor.leave();
    expect(scene.failures).toEqual([
      'unknown-resource: Only who is connected, and says so by its tracking id, can join a room.',
    ]);
    expect(scene.app.rooms.find('lobby')?.members ?? []).toEqual([]);
    expect(scene.app.rooms.count).toBe(0);
  });
});

describe('What a member says', () => {
  it('reaches the others in their dialects, and not itself', async () => {
    const scene = new Scene();
    const [ann, bob, jack] = [await scene.member('ann'), await scene.member('bob'), await scene.javaMember('jack')];
    [ann, bob].forEach((client) => client.news());
    await ann.say({ text: 'hi' });
    await jack.say(null);
    expect(ann.news()).toEqual([{ type: 'broadcast', room: 'lobby', id: 2, data: null, member: { id: 'jack' } }]);
    expect(bob.news()).toEqual([
      { type: 'broadcast', room: 'lobby', id: 1, data: { text: 'hi' }, member: { id: 'ann' } },
      { type: 'broadcast', room: 'lobby', id: 2, data: null, member: { id: 'jack' } },
    ]);
    expect(jack.news()).toEqual([{ type: 'message', room: 'lobby', id: 1, from: 'ann', data: { text: 'hi' } }]);
  });

  it('reaches members on every kind of connection', async () => {
    const scene = new Scene();
    const ann = await scene.member('ann');
    const others = [
      await scene.member('bob', 'lobby', { polling: true }),
      await scene.member('cid', 'lobby', { framed: true }),
    ];
    others.forEach((client) => client.news());
    await ann.say('one');
    await ann.say('two');
    for (const other of others) expect(other.news()).toMatchObject([{ data: 'one' }, { data: 'two' }]);
  });

  it('to one alone reaches that one alone', async () => {
    const scene = new Scene();
    const [ann, bob, jack] = [await scene.member('ann'), await scene.member('bob'), await scene.javaMember('jack')];
    [ann, bob].forEach((client) => client.news());
    await ann.send({ type: 'direct', room: 'lobby', data: 'psst', target: 'jack' });
    await jack.send({ type: 'direct', room: 'lobby', data: 'what?', targetId: 'ann' });
    expect(jack.news()).toEqual([{ type: 'message', room: 'lobby', from: 'ann', data: 'psst' }]);
    expect(ann.news()).toEqual([{ type: 'direct', room: 'lobby', data: 'what?', member: { id: 'jack' } }]);
    expect(bob.news()).toEqual([]);
    expect(scene.app.rooms.find('lobby')?.history()).toEqual([]);
  });

  it('is typed before: the others are told, but not those who are away, for whom it would come too late', async () => {
    const scene = new Scene();
    const [ann, jack, away] = [await scene.member('ann'), await scene.javaMember('jack'), await scene.member('away')];
    await away.memory.vanish();
    [ann, jack].forEach((client) => client.news());
    await ann.send({ type: 'typing', room: 'lobby', typing: true });
    await jack.send({ type: 'typing', room: 'lobby', typing: false });
    await ann.say('hi');
    await away.memory.reconnect();
    expect(jack.news()).toMatchObject([
      { type: 'typing', room: 'lobby', memberId: 'ann', typing: true },
      { data: 'hi' },
    ]);
    expect(ann.news()).toEqual([{ type: 'typing', room: 'lobby', memberId: 'jack', typing: false }]);
    expect(away.news()).toMatchObject([{ type: 'broadcast', data: 'hi' }]);
  });
});

describe('A member that is gone', () => {
  const endings: [string, (client: RoomClient, scene: Scene) => unknown][] = [
    ['leaves', (client) => client.send({ type: 'leave', room: 'lobby' })],
    ['says goodbye', (client) => client.memory.close()],
    ['is closed', (client) => client.resource.close()],
    ['is resumed', (client) => client.resource.resume()],
    [
      'vanishes',
      async (client, { clock }) => {
        await client.memory.vanish();
        await clock.advance(30_100);
      },
    ],
  ];

  it.each(endings)('because it %s, is missed once', async (_how, end) => {
    const scene = new Scene();
    const [ann, jack, bob] = [await scene.member('ann'), await scene.javaMember('jack'), await scene.member('bob')];
    [ann, jack].forEach((client) => client.news());
    await end(bob, scene);
    await scene.clock.advance(0);
    expect(ann.news()).toEqual([{ type: 'presence', room: 'lobby', data: 'leave', member: { id: 'bob' } }]);
    expect(jack.news()).toEqual([{ type: 'presence', room: 'lobby', action: 'leave', memberId: 'bob', metadata: {} }]);
    expect(bob.news()).toEqual([]);
    await scene.clock.advance(60_000);
    expect(scene.presence.slice(3)).toEqual(['LEAVE bob lobby']);
  });

  it('is not one that is only away: it stays a member, and gets what was said when it is back', async () => {
    const scene = new Scene();
    const [ann, bob] = [await scene.member('ann'), await scene.member('bob')];
    ann.news();
    await bob.memory.vanish();
    await ann.say('one');
    await ann.send({ type: 'direct', room: 'lobby', data: 'two', target: 'bob' });
    await ann.say('three');
    await scene.clock.advance(20_000);
    expect(scene.app.rooms.find('lobby')?.size).toBe(2);
    await bob.memory.reconnect();
    expect(bob.news()).toMatchObject([{ data: 'one' }, { data: 'two' }, { data: 'three' }]);
    await bob.say('back');
    expect(ann.news()).toMatchObject([{ type: 'broadcast', data: 'back', member: { id: 'bob' } }]);
    expect(scene.presence).toEqual(['JOIN ann lobby', 'JOIN bob lobby']);
  });

  it('is still there by another of its resources, and leaves with the last', async () => {
    const scene = new Scene();
    const [ann, tab, other] = [await scene.member('ann'), await scene.member('bob'), await scene.member('bob')];
    expect(scene.app.rooms.find('lobby')?.size).toBe(2);
    ann.news();
    await ann.send({ type: 'direct', room: 'lobby', data: 'to both', target: 'bob' });
    await tab.say('to the other too');
    await tab.send({ type: 'direct', room: 'lobby', data: 'note to self', target: 'bob' });
    expect(tab.news()).toMatchObject([{ data: 'to both' }]);
    expect(other.news()).toMatchObject([{ data: 'to both' }, { data: 'to the other too' }, { data: 'note to self' }]);
    await tab.memory.close();
    expect(scene.presence).toEqual(['JOIN ann lobby', 'JOIN bob lobby']);
    await other.memory.close();
    expect(scene.presence.slice(2)).toEqual(['LEAVE bob lobby']);
    expect(ann.news()).toMatchObject([{ type: 'broadcast' }, { type: 'presence', data: 'leave' }]);
  });

  it('takes the room with it when it was the last', async () => {
    const scene = new Scene();
    const [ann, bob] = [await scene.member('ann'), await scene.javaMember('bob')];
    const names = (): string[] => scene.app.broadcasters.all().map(({ id }) => id);
    expect(names()).toEqual(['/talk', '/atmosphere/room/lobby#client', '/atmosphere/room/lobby#java']);
    await ann.send({ type: 'leave', room: 'lobby' });
    expect(scene.app.rooms.exists('lobby')).toBe(true);
    await bob.memory.close();
    expect(scene.app.rooms.count).toBe(0);
    expect(names()).toEqual(['/talk']);
  });
});

describe('The history of a room', () => {
  const texts = (client: RoomClient): unknown[] =>
    (client.news() as { type: string; id?: number; data?: unknown; gap?: boolean }[]).map(({ type, id, data, gap }) =>
      id === undefined ? (gap ? `${type} gap` : type) : `${id} ${String(data)}`,
    );
  const joined = async (scene: Scene, fields: object): Promise<unknown[]> => {
    const client = await scene.connect();
    await client.send({ type: 'join', room: 'lobby', ...fields });
    return texts(client);
  };

  it('is replayed to whoever joins: all of it, or what came after a message', async () => {
    const scene = new Scene({ protocol: { history: 3 } });
    const ann = await scene.member('ann');
    for (const text of ['a', 'b', 'c', 'd']) await ann.say(text);
    expect(await joined(scene, { member: { id: 'x' } })).toEqual(['join', '2 b', '3 c', '4 d']);
    expect(await joined(scene, { memberId: 'y', sinceId: 3 })).toEqual(['join_ack', '4 d']);
    expect(await joined(scene, { member: { id: 'z' }, sinceId: '2' })).toEqual(['join', '3 c', '4 d']);
    expect(await joined(scene, { memberId: 'v', sinceId: 4 })).toEqual(['join_ack']);
  });

  it('is not replayed to one who joins again and has it all', async () => {
    const scene = new Scene({ protocol: { history: 3 } });
    const [ann, bob] = [await scene.member('ann'), await scene.member('bob')];
    await ann.say('a');
    bob.news();
    await bob.send({ type: 'join', room: 'lobby', member: { id: 'bob' } });
    expect(texts(bob)).toEqual(['join']);
  });

  it('says when something that came after is no longer there, or the room is another than it was', async () => {
    const scene = new Scene({ protocol: { history: 2 } });
    const ann = await scene.member('ann');
    for (const text of ['a', 'b', 'c', 'd']) await ann.say(text);
    expect(await joined(scene, { memberId: 'x', sinceId: 1 })).toEqual(['join_ack gap', '3 c', '4 d']);
    expect(await joined(scene, { memberId: 'y', sinceId: 99 })).toEqual(['join_ack gap', '3 c', '4 d']);
    expect(await joined(scene, { member: { id: 'z' }, sinceId: 2 })).toEqual(['join', '3 c', '4 d']);
  });

  it.each([-1, 1.5, 'two', {}, true, 1e300])('since %p is refused, and the join with it', async (sinceId) => {
    const scene = new Scene({ protocol: { history: 2 } });
    const client = await scene.connect();
    await client.send({ type: 'join', room: 'lobby', memberId: 'x', sinceId });
    expect(client.news()).toEqual([
      error('sinceId is the number of a message: a whole number from 0.', 'invalid-message'),
    ]);
    expect(scene.app.rooms.count).toBe(0);
  });
});

describe('A message that is for no room', () => {
  it.each([
    ['no JSON', 'hello'],
    ['of another type', '{"type":"dance","room":"lobby"}'],
    ['without a room', '{"type":"join"}'],
    ['whose room is no text', '{"type":"join","room":7}'],
    ['half of one', '{"type":"join","room":"lobby"'],
    ['a list', '[{"type":"join","room":"lobby"}]'],
    ['null', 'null'],
  ])('goes on to the service: %s', async (_what, text) => {
    const scene = new Scene();
    const client = await scene.connect();
    await client.send(text);
    expect(client.news()).toEqual([`talk: ${text}`]);
    expect(scene.app.rooms.count).toBe(0);
  });

  it('and is not even text, goes on too', async () => {
    const scene = new Scene();
    const client = await scene.connect();
    await client.send(Buffer.from('{"type":"join","room":"lobby"}'));
    expect(client.news()).toEqual(['talk: {"type":"join","room":"lobby"}']);
  });
});

describe('A message that can not be followed', () => {
  const name = 'The name of a room has 1 to 100 characters: letters, digits, spaces inside, and _ - . : / @ ~ +.';
  const id = 'The id of a member has 1 to 128 characters, none of them a control.';

  it.each<[string, object, object]>([
    ['a room without a name', { type: 'join', room: '' }, error(name, 'invalid-message', '')],
    ['a name too long', { type: 'join', room: 'x'.repeat(101) }, error(name, 'invalid-message', 'x'.repeat(101))],
    ['a name with a star', { type: 'join', room: '*' }, error(name, 'invalid-message', '*')],
    ['a name with a line end', { type: 'broadcast', room: 'a\nb' }, error(name, 'invalid-message', 'a\nb')],
    ['a name with a space at its end', { type: 'leave', room: 'a ' }, error(name, 'invalid-message', 'a ')],
    ['a member without an id', { type: 'join', room: 'lobby', member: {} }, error(id, 'invalid-message')],
    ['an id that is no text', { type: 'join', room: 'lobby', memberId: 7 }, error(id, 'invalid-message')],
    ['an id too long', { type: 'join', room: 'lobby', memberId: 'x'.repeat(129) }, error(id, 'invalid-message')],
    [
      'too much about a member',
      { type: 'join', room: 'lobby', member: { id: 'x', info: 'y'.repeat(4095) } },
      error('What a room is told of a member has at most 4096 characters of JSON.', 'invalid-message'),
    ],
    ['a word of one who is no member', { type: 'broadcast', room: 'lobby', data: 1 }, notMember],
    ['typing of one who is no member', { type: 'typing', room: 'lobby', typing: true }, notMember],
    ['a whisper of one who is no member', { type: 'direct', room: 'lobby', target: 'ann' }, notMember],
    [
      'a room that does not exist',
      { type: 'broadcast', room: 'attic' },
      error('Only members may speak in a room; join "attic" first.', 'forbidden', 'attic'),
    ],
    [
      'a whisper to nobody',
      { type: 'direct', room: 'lobby', data: 1 },
      error('A direct message names its receiver: target, or targetId, with the id of a member.', 'invalid-message'),
    ],
  ])('is answered to its sender alone: %s', async (_what, message, answer) => {
    const scene = new Scene();
    const [ann, stranger] = [await scene.member('ann'), await scene.connect()];
    await stranger.send(message);
    expect(stranger.news()).toEqual([answer]);
    expect(scene.failures).toHaveLength(1);
    expect(ann.news()).toEqual([]);
    expect(scene.app.rooms.all().map(({ name, size }) => `${name} ${size}`)).toEqual(['lobby 1']);
    expect(scene.presence).toEqual(['JOIN ann lobby']);
  });

  it('is answered, when it is for somebody who is not there, as Atmosphere does', async () => {
    const scene = new Scene();
    const ann = await scene.member('ann');
    await ann.send({ type: 'direct', room: 'lobby', data: 1, target: 'bob' });
    expect(ann.news()).toEqual([error('Member not found: bob', 'not-found')]);
  });

  it('is no leaving: who is not there wants no more', async () => {
    const scene = new Scene();
    const ann = await scene.connect();
    await ann.send({ type: 'leave', room: 'lobby' });
    expect(ann.news()).toEqual([]);
    expect(scene.failures).toEqual([]);
  });
});

describe('The limits of a service', () => {
  it('are how many rooms there are, how many one is in, and whether a join makes one', async () => {
    const scene = new Scene({ protocol: { maxRooms: 3, maxRoomsPerResource: 2 } });
    const [ann, bob] = [await scene.member('ann', 'one'), await scene.member('bob', 'two')];
    await ann.send({ type: 'join', room: 'two', memberId: 'ann' });
    ann.news();
    await ann.send({ type: 'join', room: 'three', memberId: 'ann' });
    expect(ann.news()).toEqual([error('Nobody can be in more than 2 rooms.', 'full', 'three')]);
    await ann.send({ type: 'join', room: 'one', memberId: 'ann' });
    expect(ann.news()).toMatchObject([{ type: 'join_ack' }]);
    scene.app.rooms.room('three');
    bob.news();
    await bob.send({ type: 'join', room: 'four', memberId: 'bob' });
    expect(bob.news()).toEqual([error('There are as many rooms as there may be.', 'full', 'four')]);
    await bob.send({ type: 'join', room: 'three', memberId: 'bob' });
    expect(bob.news()).toMatchObject([{ type: 'join_ack' }]);
  });

  it('may keep clients from making rooms', async () => {
    const scene = new Scene({ protocol: { createRooms: false } });
    scene.app.rooms.room('lobby');
    const ann = await scene.connect();
    await ann.send({ type: 'join', room: 'attic', memberId: 'ann' });
    expect(ann.news()).toEqual([error('There is no room "attic".', 'not-found', 'attic')]);
    await ann.send({ type: 'join', room: 'lobby', memberId: 'ann' });
    expect(ann.news()).toMatchObject([{ type: 'join_ack' }]);
  });

  it('are numbers', () => {
    expect(() => new RoomProtocolInterceptor({ maxRooms: -1 })).toThrow(
      'RoomProtocolInterceptor: maxRooms is -1; it must be a number from 0',
    );
  });
});

describe('An authorizer', () => {
  const asked: string[] = [];
  /** `no`, `throw` and `reject` in what is asked decide; else yes. */
  const authorizer: RoomAuthorizer = {
    authorize: (_resource, room, action, message) => {
      asked.push(`${action} ${room}`);
      const text = JSON.stringify(message);
      if (text.includes('"throw"')) throw new Error('secret');
      if (text.includes('"reject"')) return Promise.reject(new Failure('not-found', 'secret'));
      if (text.includes('"later"')) return Promise.resolve(true);
      if (text.includes('"truthy"')) return 'yes' as never;
      return !text.includes('"no"');
    },
  };

  @RoomAuth(authorizer)
  @ManagedService('/guarded')
  class Guarded {}

  @ManagedService('/free')
  class Free {}

  beforeEach(() => asked.splice(0));

  async function guarded(): Promise<{ scene: Scene; ann: RoomClient; free: RoomClient }> {
    const scene = new Scene({ services: [Guarded, Free] });
    const [ann, free] = [await scene.connect('/guarded'), await scene.connect('/free')];
    for (const client of [ann, free])
      await client.send({ type: 'join', room: 'lobby', memberId: client === ann ? 'ann' : 'free' });
    [ann, free].forEach((client) => client.news());
    return { scene, ann, free };
  }

  it('is asked for everything that clients of its service do, and for nothing of another', async () => {
    const { ann, free } = await guarded();
    await ann.say('hi');
    await ann.send({ type: 'typing', room: 'lobby' });
    await ann.send({ type: 'direct', room: 'lobby', targetId: 'free', data: 'x' });
    await free.say('no');
    await ann.send({ type: 'leave', room: 'lobby' });
    expect(asked).toEqual(['JOIN lobby', 'BROADCAST lobby', 'TYPING lobby', 'SEND_TO lobby', 'LEAVE lobby']);
    expect(free.news()).toHaveLength(4);
  });

  it.each(['no', 'throw', 'reject', 'truthy'])('denies when it says %s, and tells no more than that', async (word) => {
    const { scene, ann, free } = await guarded();
    await ann.say(word);
    await ann.send({ type: 'direct', room: 'lobby', targetId: 'free', data: word });
    await ann.send({ type: 'join', room: word, memberId: word });
    expect(ann.news()).toEqual([
      error('Unauthorized', 'forbidden'),
      error('Unauthorized', 'forbidden'),
      error('Unauthorized', 'forbidden', word),
    ]);
    expect(free.news()).toEqual([]);
    expect(scene.app.rooms.count).toBe(1);
    await ann.say('fine');
    expect(free.news()).toMatchObject([{ data: 'fine' }]);
  });

  it('may take its time: what the same client says next waits', async () => {
    const { ann, free } = await guarded();
    await Promise.all(['later', 'now'].map((text) => ann.say(text)));
    expect(free.news()).toMatchObject([{ data: 'later' }, { data: 'now' }]);
  });

  it('that allows too late, when the client is gone, changes nothing', async () => {
    let allow: (allowed: boolean) => void = () => undefined;
    @RoomAuth({ authorize: () => new Promise<boolean>((resolve) => (allow = resolve)) })
    @ManagedService('/slow')
    class Slow {}
    const scene = new Scene({ services: [Slow] });
    const ann = await scene.connect('/slow');
    const { resource } = ann;
    const sent = resource.receive(JSON.stringify({ type: 'join', room: 'lobby', memberId: 'ann' }));
    await ann.memory.close();
    allow(true);
    await sent;
    expect(scene.failures).toHaveLength(1);
    expect(scene.app.rooms.find('lobby')?.members ?? []).toEqual([]);
    expect(scene.app.rooms.count).toBe(0);
  });
});
