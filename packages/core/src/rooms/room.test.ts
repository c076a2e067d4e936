import { ManagedService, Message } from '../declaration/decorators';
import { Failure } from '../errors';
import type { Filter } from '../filters/filter';
import { Resource } from '../resource/resource';
import { Room } from './room';
import { RoomManager } from './room-manager';
import { Scene, told } from './rooms.fixture';

@ManagedService('/club')
class Club {
  constructor(private readonly rooms: RoomManager) {}

  @Message()
  onText(text: string, resource: Resource): void {
    const [verb, name = '', id] = text.split(' ');
    if (verb === 'join') this.rooms.room(name).join(resource, id === undefined ? undefined : { id });
    if (verb === 'leave') this.rooms.find(name)?.leave(resource);
  }
}

const scene = (options = {}): Scene => new Scene({ services: [Club], protocol: false, ...options });

describe('A room', () => {
  it('is of the app that a service asks for it, and has those in it who were let in', async () => {
    const { app, connect } = bound(scene());
    const [ann, bob] = [await connect('/club'), await connect('/club')];
    await ann.send('join lobby ann');
    await bob.send('join lobby bob');
    const room = app.rooms.find('lobby') as Room;
    expect(room).toBeInstanceOf(Room);
    expect(room.members).toEqual([{ id: 'ann' }, { id: 'bob' }]);
    expect(room.resources).toEqual([ann.resource, bob.resource]);
    expect(room.memberOf(bob.resource)).toEqual({ id: 'bob' });
    expect([room.size, room.isEmpty, room.contains(ann.resource)]).toEqual([2, false, true]);
    expect(app.rooms.of(ann.resource)).toEqual([room]);
    await ann.send('leave lobby');
    expect([room.size, room.contains(ann.resource), room.memberOf(ann.resource)]).toEqual([1, false, undefined]);
    await bob.send('leave lobby');
    expect([room.size, room.isEmpty, room.isDestroyed]).toEqual([0, true, true]);
    expect(app.container.resolve(RoomManager)).toBe(app.rooms);
  });

  it('brings those whom the server let in the data as it is, and no word of presence or typing', async () => {
    const { app, connect } = bound(scene());
    const [ann, bob] = [await connect('/club'), await connect('/club')];
    await ann.send('join lobby ann');
    await bob.send('join lobby bob');
    const room = app.rooms.room('lobby');
    expect(room.broadcast('hello').receivers).toBe(2);
    expect(room.broadcast({ n: 1 }, { except: bob.resource }).receivers).toBe(1);
    room.typing(bob.resource);
    expect(room.sendTo('psst', 'bob')).toBe(1);
    expect(room.sendTo('hey', bob.resource.uuid)).toBe(1);
    expect(room.sendTo('you', 'nobody')).toBe(0);
    expect(await room.broadcast('bye')).toMatchObject({ receivers: 2 });
    await scenePause();
    expect(ann.news()).toEqual(['hello', { n: 1 }, 'bye']);
    expect(bob.news()).toEqual(['hello', 'psst', 'hey', 'bye']);
  });

  it('says what the server says to clients of both dialects, from nobody', async () => {
    const it = new Scene();
    const [ann, jack] = [await it.member('ann'), await it.javaMember('jack')];
    ann.news();
    it.app.rooms.room('lobby').broadcast('tea time');
    it.app.rooms.room('lobby').broadcast('as bob', { from: { id: 'bob' } });
    it.app.rooms.room('lobby').sendTo('for ann', 'ann');
    await scenePause();
    expect(ann.news()).toEqual([
      { type: 'broadcast', room: 'lobby', id: 1, data: 'tea time' },
      { type: 'broadcast', room: 'lobby', id: 2, data: 'as bob', member: { id: 'bob' } },
      { type: 'direct', room: 'lobby', data: 'for ann' },
    ]);
    expect(jack.news()).toEqual([
      { type: 'message', room: 'lobby', id: 1, data: 'tea time' },
      { type: 'message', room: 'lobby', id: 2, from: 'bob', data: 'as bob' },
    ]);
  });

  it('encodes and publishes what goes to all once for each dialect, whatever the number of members', async () => {
    const it = new Scene();
    for (const id of ['a', 'b', 'c']) await it.member(id);
    await it.javaMember('j');
    let encoded = 0;
    const data = { toJSON: () => (encoded++, 'x') };
    it.app.rooms.room('lobby').broadcast(data);
    expect(encoded).toBe(2);
  });

  it('lets one in that is another already, as another', async () => {
    const { app, connect, presence } = bound(scene());
    const ann = await connect('/club');
    await ann.send('join lobby');
    const [guest] = app.rooms.room('lobby').members;
    await ann.send('join lobby');
    expect(app.rooms.room('lobby').members).toEqual([guest]);
    await ann.send('join lobby ann');
    expect(app.rooms.room('lobby').members).toEqual([{ id: 'ann' }]);
    expect(presence).toEqual([`JOIN ${guest?.id} lobby`, `LEAVE ${guest?.id} lobby`, 'JOIN ann lobby']);
  });

  it('refuses one that is closed', async () => {
    const { app, connect } = bound(scene());
    const ann = await connect('/club');
    const { resource } = ann;
    await ann.memory.close();
    expect(() => app.rooms.room('lobby').join(resource)).toThrow(Failure);
    expect(app.rooms.room('lobby').isEmpty).toBe(true);
  });

  it('tells its listeners, and those of all rooms, and goes on when one throws', async () => {
    const { app, connect, presence, logger } = bound(scene());
    const events: string[] = [];
    const room = app.rooms.room('lobby');
    room.onPresence(() => {
      throw new Error('broken');
    });
    const end = room.onPresence((event) => events.push(told(event)));
    const ann = await connect('/club');
    await ann.send('join lobby ann');
    end();
    await ann.send('leave lobby');
    expect(events).toEqual(['JOIN ann lobby']);
    expect(presence).toEqual(['JOIN ann lobby', 'LEAVE ann lobby']);
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  it('lets a listener greet: what it says comes after the answer to the join', async () => {
    const it = new Scene();
    it.app.rooms.onPresence(({ room, member, type }) => {
      if (type === 'JOIN') room.broadcast(`welcome ${member.id}`);
    });
    const ann = await it.connect();
    await ann.send({ type: 'join', room: 'lobby', member: { id: 'ann' } });
    expect(ann.news()).toMatchObject([{ type: 'join' }, { type: 'broadcast', data: 'welcome ann' }]);
  });
});

describe('A room that nobody is in', () => {
  it('is gone: what is said there reaches nobody, and a new one has its name', async () => {
    const { app, connect } = bound(scene());
    const ann = await connect('/club');
    await ann.send('join lobby ann');
    const room = app.rooms.room('lobby');
    await ann.send('leave lobby');
    expect(app.rooms.exists('lobby')).toBe(false);
    expect(room.broadcast('anyone?').receivers).toBe(0);
    expect(() => room.join(ann.resource)).toThrow('The room "lobby" is gone; ask the RoomManager for it');
    await ann.send('join lobby ann');
    expect(app.rooms.room('lobby')).not.toBe(room);
  });

  it('is kept, with its history, for as long as it was made to', async () => {
    const { app, connect, clock } = bound(scene());
    const room = app.rooms.room('lobby', { keepSeconds: 60, history: 5 });
    const ann = await connect('/club');
    const visit = async (): Promise<void> => {
      await ann.send('join lobby ann');
      await ann.send('leave lobby');
    };
    await visit();
    room.broadcast('to whom it may concern');
    await clock.advance(40_000);
    await visit();
    await clock.advance(40_000);
    expect(app.rooms.find('lobby')).toBe(room);
    expect(room.history().map(({ id, data }) => [id, data])).toEqual([[1, 'to whom it may concern']]);
    await clock.advance(21_000);
    expect(app.rooms.exists('lobby')).toBe(false);
    const hall = app.rooms.room('hall', { keepSeconds: Infinity });
    await ann.send('join hall ann');
    await ann.send('leave hall');
    await clock.advance(1_000_000);
    expect(app.rooms.find('hall')).toBe(hall);
  });
});

describe('A room that is destroyed', () => {
  it('sends everybody away, and tells those who know of rooms', async () => {
    const it = new Scene();
    const [ann, jack] = [await it.member('ann'), await it.javaMember('jack')];
    ann.news();
    expect(it.app.rooms.destroy('lobby')).toBe(true);
    expect(it.app.rooms.destroy('lobby')).toBe(false);
    await scenePause();
    const gone = { type: 'error', room: 'lobby', data: 'The room is gone.', code: 'not-found' };
    expect([ann.news(), jack.news()]).toEqual([[gone], [gone]]);
    expect(it.presence.slice(2)).toEqual(['LEAVE ann lobby', 'LEAVE jack lobby']);
    expect(it.app.broadcasters.all().map(({ id }) => id)).toEqual(['/talk']);
    await it.member('bob', 'one');
    it.app.rooms.room('two');
    it.app.rooms.destroyAll();
    expect(it.app.rooms.count).toBe(0);
  });

  it('is not told member by member when the app stops, but its listeners are', async () => {
    const it = new Scene();
    const [ann, bob] = [await it.member('ann'), await it.member('bob')];
    ann.news();
    await it.app.stop();
    expect([ann.news(), bob.news()]).toEqual([[], []]);
    expect(it.presence.slice(2).sort()).toEqual(['LEAVE ann lobby', 'LEAVE bob lobby']);
    expect(it.app.rooms.count).toBe(0);
  });
});

describe('The manager of rooms', () => {
  it('finds, counts and lists them', () => {
    const { app } = scene();
    const lobby = app.rooms.room('lobby');
    expect(app.rooms.room('lobby')).toBe(lobby);
    app.rooms.room('Küche 1/2');
    expect(app.rooms.all().map(({ name }) => name)).toEqual(['lobby', 'Küche 1/2']);
    expect([app.rooms.count, app.rooms.exists('lobby'), app.rooms.exists('attic')]).toEqual([2, true, false]);
    expect(app.rooms.find('attic')).toBeUndefined();
    expect(lobby.id).toBe('/atmosphere/room/lobby');
  });

  it.each(['', ' ', '*', 'a#client', '{id}', 'a\u0000', 'x'.repeat(101)])('makes none that is called %j', (name) => {
    expect(() => scene().app.rooms.room(name)).toThrow(/^The name of a room has 1 to 100 characters/);
  });

  it.each([
    [{ history: -1 }, "A room can't keep a history of -1 messages; it must be a whole number from 0"],
    [{ history: 1.5 }, "A room can't keep a history of 1.5 messages; it must be a whole number from 0"],
    [{ keepSeconds: -1 }, "A room can't be kept for -1 seconds"],
    [{ keepSeconds: NaN }, "A room can't be kept for NaN seconds"],
  ])('makes none with %p', (options, message) => {
    const { app } = scene();
    expect(() => app.rooms.room('lobby', options)).toThrow(message);
    expect(app.rooms.count).toBe(0);
  });
});

describe('A filter of the application', () => {
  const shout: Filter = {
    filter: (message) =>
      message === 'spam' ? { action: 'ABORT' } : { action: 'CONTINUE', message: String(message).toUpperCase() },
  };
  const hide: Filter = {
    filter: (message) => ({ action: 'CONTINUE', message }),
    filterFor: (message, { resource }) => {
      if (message === 'throw') throw new Error('broken');
      return resource.request.query.get('deaf') === 'yes' ? { action: 'ABORT' } : { action: 'CONTINUE', message };
    },
  };

  it('sees what is said, once, and not what the room puts around it', async () => {
    const it = new Scene({ broadcastFilters: [shout], protocol: { history: 5 } });
    const [ann, bob, jack] = [await it.member('ann'), await it.member('bob'), await it.javaMember('jack')];
    bob.news();
    await ann.say('hi');
    await ann.say('spam');
    await ann.send({ type: 'direct', room: 'lobby', data: 'psst', target: 'bob' });
    expect(bob.news()).toMatchObject([
      { type: 'broadcast', data: 'HI', id: 1 },
      { type: 'direct', data: 'PSST' },
    ]);
    expect(jack.news()).toMatchObject([{ type: 'message', data: 'HI' }]);
    expect(it.app.rooms.room('lobby').history()).toMatchObject([{ id: 1, data: 'HI' }]);
  });

  it('decides for each receiver, of what was said before it came too', async () => {
    const it = new Scene({ broadcastFilters: [hide], protocol: { history: 5 } });
    const [ann, bob] = [await it.member('ann'), await it.member('bob')];
    const deaf = await it.member('cid', 'lobby', { query: { deaf: 'yes' } });
    bob.news();
    await ann.say('hi');
    await ann.say('throw');
    let encoded = 0;
    it.app.rooms.room('lobby').broadcast({ toJSON: () => (encoded++, 'still here') });
    await scenePause();
    expect(encoded).toBe(1);
    expect(bob.news()).toMatchObject([{ data: 'hi' }, { data: 'still here' }]);
    expect(deaf.news()).toEqual([]);
    const late = await it.connect('/talk', { query: { deaf: 'yes' } });
    await late.send({ type: 'join', room: 'lobby', member: { id: 'dan' } });
    expect(late.news()).toMatchObject([{ type: 'join' }]);
  });
});

/** Lets what was broadcast outside of a message reach the clients. */
function scenePause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A scene whose parts can be taken apart. */
function bound(it: Scene): Pick<Scene, 'app' | 'presence' | 'logger' | 'clock' | 'connect'> {
  const { app, presence, logger, clock } = it;
  return { app, presence, logger, clock, connect: (path, options) => it.connect(path, options) };
}
