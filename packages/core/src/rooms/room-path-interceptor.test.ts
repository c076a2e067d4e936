import { App } from '../app/app';
import { Disconnect, ManagedService, Message, PathParam, Ready } from '../declaration/decorators';
import { DeclarationError } from '../errors';
import type { Class } from '../declaration/metadata';
import { Resource } from '../resource/resource';
import { RoomAuth, RoomService } from './room-decorators';
import { RoomManager } from './room-manager';
import { RoomProtocolInterceptor } from './room-protocol-interceptor';
import { Scene } from './rooms.fixture';

const happened: string[] = [];

@RoomService({ path: '/chat/{id}', maxHistory: 2 })
class Chat {
  constructor(private readonly rooms: RoomManager) {}

  @Ready()
  onReady(resource: Resource, @PathParam('id') id: string): void {
    for (const { data } of this.rooms.room(id).history()) resource.send(`before: ${String(data)}`);
  }

  @Message()
  onText(text: string, @PathParam('id') id: string): void {
    this.rooms.room(id).broadcast(text);
  }

  @Disconnect()
  onDisconnect(): void {
    happened.push('disconnect');
  }
}

@RoomService('/hall/{floor}/{door}')
class Hall {}

@RoomService({ path: '/lobby', maxHistory: 1 })
class Lobby {}

describe('@RoomService', () => {
  const services = [Chat, Hall, Lobby];

  it('is one room for each value of its path, and whoever connects is in it', async () => {
    const scene = new Scene({ services, protocol: false });
    const [ann, bob, red] = [
      await scene.connect('/chat/blue'),
      await scene.connect('/chat/blue', { polling: true }),
      await scene.connect('/chat/red'),
    ];
    await scene.connect('/hall/2/b');
    await scene.connect('/lobby');
    expect(scene.app.rooms.all().map(({ name, size }) => `${name} ${size}`)).toEqual([
      'blue 2',
      'red 1',
      '2/b 1',
      '/lobby 1',
    ]);
    await ann.send('hi');
    expect([ann.news(), bob.news(), red.news()]).toEqual([['hi'], ['hi'], []]);
    await bob.memory.vanish();
    await bob.memory.reconnect();
    expect(scene.app.rooms.find('blue')?.size).toBe(2);
    await bob.memory.close();
    expect(scene.app.rooms.find('blue')?.size).toBe(1);
    expect(scene.presence.map((event) => event.replace(/\S{36}/, 'guest'))).toEqual([
      'JOIN guest blue',
      'JOIN guest blue',
      'JOIN guest red',
      'JOIN guest 2/b',
      'JOIN guest /lobby',
      'LEAVE guest blue',
    ]);
  });

  it('keeps the history for whoever comes back soon, and at an exact path for good', async () => {
    const scene = new Scene({ services, protocol: false });
    const ann = await scene.connect('/chat/blue');
    for (const text of ['a', 'b', 'c']) await ann.send(text);
    await ann.memory.close();
    await scene.clock.advance(200_000);
    const back = await scene.connect('/chat/blue');
    expect(back.news()).toEqual(['before: b', 'before: c']);
    const guest = await scene.connect('/lobby');
    await Promise.all([back, guest].map(({ memory }) => memory.close()));
    await scene.clock.advance(400_000);
    expect(scene.app.rooms.all().map(({ name }) => name)).toEqual(['/lobby']);
    const hall = await scene.connect('/hall/1/a');
    await hall.memory.close();
    expect(scene.app.rooms.exists('1/a')).toBe(false);
  });

  it('leaves it to clients that speak of rooms to join, and lets them join no other', async () => {
    @RoomService({ path: '/talk/{id}', maxHistory: 1, interceptors: [RoomProtocolInterceptor] })
    class Talk {}
    const scene = new Scene({ services: [Talk], protocol: false });
    const ann = await scene.connect('/talk/blue');
    expect(scene.app.rooms.count).toBe(0);
    await ann.send({ type: 'join', room: 'blue', member: { id: 'ann' } });
    await ann.say('a', 'blue');
    await ann.say('b', 'blue');
    ann.news();
    await ann.send({ type: 'join', room: 'red', member: { id: 'ann' } });
    expect(ann.news()).toEqual([
      { type: 'error', room: 'red', data: 'This path is the room "blue".', code: 'forbidden' },
    ]);
    expect(scene.app.rooms.all().map(({ name }) => name)).toEqual(['blue']);
    expect(scene.app.rooms.room('blue').history()).toMatchObject([{ id: 2, data: 'b' }]);
  });

  it('refuses whom its authorizer does not let in, before there is anything to disconnect', async () => {
    @RoomAuth({
      authorize: ({ request }, room, action) => action === 'JOIN' && room === 'blue' && request.query.has('key'),
    })
    @RoomService('/safe/{id}')
    class Safe {
      @Disconnect()
      onDisconnect(): void {
        happened.push('never');
      }
    }
    happened.length = 0;
    const scene = new Scene({ services: [Safe], protocol: false });
    await expect(scene.connect('/safe/blue')).rejects.toMatchObject({ code: 'forbidden', message: 'Unauthorized' });
    await expect(scene.connect('/safe/red?key=1')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(scene.connect('/safe/a*')).rejects.toMatchObject({ code: 'forbidden' });
    expect(scene.app.resources.size).toBe(0);
    expect(scene.app.rooms.count).toBe(0);
    await scene.connect('/safe/blue?key=1');
    expect(scene.app.rooms.find('blue')?.size).toBe(1);
    await scene.clock.advance(60_000);
    expect(happened).toEqual([]);
  });

  it('waits for an authorizer that takes its time, and refuses a path that no room may be called', async () => {
    class Later {
      authorize(): Promise<boolean> {
        return Promise.resolve(true);
      }
    }
    @RoomAuth(Later)
    @RoomService('/later/{id}')
    class Slow {}
    const scene = new Scene({ services: [Slow], protocol: false });
    await scene.connect('/later/blue');
    expect(scene.app.rooms.find('blue')?.size).toBe(1);
    await expect(scene.connect('/later/a*')).rejects.toMatchObject({ code: 'invalid-message' });
    expect(scene.app.resources.size).toBe(1);
  });

  it('forgets one that never attaches a connection', async () => {
    const scene = new Scene({ services, protocol: false });
    const ann = await scene.connect('/chat/blue');
    await scene.app.connect(
      Object.assign(Object.create(ann.resource.request), {
        wire: { ...ann.resource.request.wire, trackingId: undefined },
      }),
    );
    expect(scene.app.rooms.find('blue')?.size).toBe(2);
    await scene.clock.advance(11_000);
    expect(scene.app.rooms.find('blue')?.size).toBe(1);
  });
});

describe('A declaration that makes no sense', () => {
  const refusal = (service: Class<object>): unknown => {
    try {
      new App({ services: [service] });
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('stops the start: a history that is no number', () => {
    @RoomService({ path: '/a', maxHistory: -1 })
    class Bad {}
    expect(refusal(Bad)).toEqual(new DeclarationError('Bad: maxHistory is -1; it must be a whole number from 0'));
  });

  it('stops the start: an authorizer where there are no rooms', () => {
    @RoomAuth({ authorize: () => true })
    @ManagedService('/b')
    class Roomless {}
    expect(refusal(Roomless)).toEqual(
      new DeclarationError(
        'Roomless: @RoomAuth is of no use without rooms; make it a @RoomService, or give it a RoomProtocolInterceptor',
      ),
    );
  });

  it('stops the start: an authorizer that is none', () => {
    @RoomAuth({} as never)
    @RoomService('/c')
    class Odd {}
    expect(refusal(Odd)).toEqual(new DeclarationError('Odd: what @RoomAuth names has no method authorize'));
  });
});
