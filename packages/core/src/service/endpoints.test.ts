import { Broadcaster } from '../broadcaster/broadcaster';
import {
  DeliverTo,
  ManagedService,
  Message,
  Named,
  PathParam,
  Ready,
  Resume,
  Singleton,
} from '../declaration/decorators';
import type { BroadcasterListener } from '../broadcaster/broadcaster-listener';
import { Scene } from '../port.fixture';
import { Resource } from '../resource/resource';

const plain = { protocol: false };

describe('A template', () => {
  @ManagedService('/chat/{room}/{seat}')
  class Chat {
    @PathParam() readonly room!: string;
    @PathParam('seat') readonly place!: string;
    messages = 0;

    @Message() onMessage(text: string): string {
      return `${this.room} ${this.place} ${++this.messages} ${text}`;
    }
  }

  it('has an instance, its fields and a broadcaster for each concrete path', () => {
    const scene = new Scene([Chat]);
    const [a1, a2, b] = ['/chat/Bl%C3%BCe/1', '/chat/Bl%C3%BCe/1', '/chat/red/2'].map((path) =>
      scene.connect('stream', { ...plain, path }),
    );
    if (!a1 || !a2 || !b) throw new Error('never');
    expect(a1.resource.broadcaster).toBe(scene.app.broadcasters.find('/chat/Blüe/1'));
    expect(scene.answers(a1, 'x')).toEqual(['<Blüe 1 1 x>']);
    expect(scene.answers(a2, 'y')).toEqual(['<Blüe 1 2 y>']);
    expect(scene.answers(b, 'z')).toEqual(['<red 2 1 z>']);
    expect(a1.texts).toEqual(['<Blüe 1 1 x>', '<Blüe 1 2 y>']);
  });

  it('gives the fields anew when a path is made again', () => {
    const scene = new Scene([Chat], { config: { endpointIdleSeconds: 1 } });
    const first = scene.connect('stream', { ...plain, path: '/chat/red/1' });
    scene.answers(first, 'x');
    first.resource.close();
    scene.clock.advance(1_100);
    const again = scene.connect('stream', { ...plain, path: '/chat/red/1' });
    expect(scene.answers(again, 'y')).toEqual(['<red 1 1 y>']);
  });

  it('has one instance for all paths with @Singleton, and still a broadcaster for each', () => {
    @Singleton()
    @ManagedService('/one/{room}')
    class One {
      messages = 0;
      @Message() onMessage(text: string, @PathParam('room') room: string): string {
        return `${room} ${++this.messages} ${text}`;
      }
    }
    const scene = new Scene([One], { config: { endpointIdleSeconds: 1 } });
    const [a, b] = ['/one/a', '/one/b'].map((path) => scene.connect('stream', { ...plain, path }));
    if (!a || !b) throw new Error('never');
    expect([scene.answers(a, 'x'), scene.answers(b, 'y')]).toEqual([['<a 1 x>'], ['<b 2 y>']]);
    expect(a.texts).toEqual(['<a 1 x>']);
    for (const { resource } of [a, b]) resource.close();
    scene.clock.advance(1_100);
    expect(scene.app.broadcasters.find('/one/a')).toBeUndefined();
    const back = scene.connect('stream', { ...plain, path: '/one/a' });
    expect(scene.answers(back, 'z')).toEqual(['<a 3 z>']);
  });
});

describe('The broadcaster of an endpoint', () => {
  @ManagedService('/room/{id}')
  class Room {}

  it('keeps its name when it is destroyed, and comes to life again with whoever uses it next', () => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream', { ...plain, path: '/room/1' });
    const { broadcaster } = client.resource;
    expect([broadcaster.destroy(), broadcaster.isDestroyed, broadcaster.size]).toEqual([true, true, 0]);
    expect(scene.app.broadcasters.find('/room/1')).toBeUndefined();
    expect(scene.app.broadcasters.lookup('/room/1')).toBe(broadcaster);
    expect(() => scene.app.broadcasters.create('/room/1')).toThrow('use lookup');
    const late = scene.connect('stream', { ...plain, path: '/room/1' });
    expect([broadcaster.isDestroyed, scene.app.broadcasters.find('/room/1')]).toEqual([false, broadcaster]);
    broadcaster.broadcast('x');
    scene.clock.turn();
    expect([client.texts, late.texts]).toEqual([[], ['<x>']]);
  });

  it('stays when a listener objects to its end, or when somebody is subscribed from elsewhere', () => {
    const keep: BroadcasterListener = { onPreDestroy: ({ id }) => id !== '/room/kept' };
    const scene = new Scene([Room], { broadcasterListeners: [keep], config: { endpointIdleSeconds: 1 } });
    const stays = scene.connect('stream', { path: '/room/stays' });
    for (const path of ['/room/kept', '/room/shared', '/room/gone']) {
      const client = scene.connect('stream', { path });
      if (path === '/room/shared') stays.resource.subscribe(client.resource.broadcaster);
      client.resource.close();
    }
    scene.clock.advance(1_100);
    expect(scene.app.broadcasters.all().map(({ id }) => id)).toEqual(['/room/stays', '/room/kept', '/room/shared']);
  });
});

describe('@Named', () => {
  it('is the broadcaster of another path, shared with whoever is there', () => {
    @ManagedService('/news')
    class News {}
    @ManagedService('/desk')
    class Desk {
      @Message() @DeliverTo('RESOURCE') onMessage(
        text: string,
        @Named('/news') news: Broadcaster,
        @Named('rumours') rumours: Broadcaster,
      ): number {
        rumours.broadcast(text);
        return news.broadcast(`${text}!`).receivers;
      }
      @Ready() onReady(resource: Resource, @Named('rumours') rumours: Broadcaster): void {
        resource.subscribe(rumours);
      }
    }
    const scene = new Scene([News, Desk]);
    const reader = scene.connect('stream', { ...plain, path: '/news' });
    const desk = scene.connect('stream', { ...plain, path: '/desk' });
    expect(scene.answers(desk, 'x').join('')).toBe('<x><1>');
    expect(reader.texts).toEqual(['<x!>']);
  });
});

describe('@Resume', () => {
  const told: string[] = [];
  @ManagedService('/nap')
  class Nap {
    @Ready() onReady(): void {
      told.push('ready');
    }
    @Resume() @DeliverTo('RESOURCE') onResume(resource: Resource): string {
      told.push(`resumed, subscribed to ${resource.broadcasters.length}`);
      return 'good night';
    }
  }

  it('runs once when the resource is resumed, and what it returns goes to the resource', () => {
    const scene = new Scene([Nap]);
    const client = scene.connect('socket', { ...plain, path: '/nap' });
    client.resource.resume();
    client.resource.resume();
    scene.clock.turn();
    expect([told, client.texts]).toEqual([['ready', 'resumed, subscribed to 0'], ['good night']]);
  });
});
