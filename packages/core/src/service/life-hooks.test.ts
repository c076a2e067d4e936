import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { container as rootContainer, scoped, singleton, Lifecycle } from 'tsyringe';
import { App } from '../app/app';
import {
  ManagedService,
  Message,
  PathParam,
  PostConstruct,
  PreDestroy,
  Ready,
  Singleton,
} from '../declaration/decorators';
import { Failure } from '../errors';
import type { ServiceLifeCycle } from './life-hooks';
import { requestFor, Scene, settled, thrownBy, type FakeConnection } from '../port.fixture';
import type { Resource } from '../resource/resource';
import { isPromise } from '../time/settle';

let log: string[] = [];
/** Lets what waits for a name go on. */
const gates = new Map<string, () => void>();
const gate = (name: string): Promise<void> => new Promise((resolve) => gates.set(name, resolve));
const open = async (name: string): Promise<void> => {
  gates.get(name)?.();
  await settled();
};
beforeEach(() => {
  log = [];
  gates.clear();
});

@ManagedService('/first')
class First implements ServiceLifeCycle {
  async onInit(): Promise<void> {
    log.push('first begins');
    await gate('first');
    log.push('first has begun');
  }
  async onDestroy(): Promise<void> {
    log.push('first ends');
    await gate('first');
    log.push('first has ended');
  }
}

@ManagedService('/second')
class Second {
  @PostConstruct() begin(): void {
    log.push('second begins');
  }
  @PreDestroy() end(): void {
    log.push('second ends');
  }
}

@ManagedService({ path: '/room/{name}', config: { endpointIdleSeconds: 1 } })
class Room implements ServiceLifeCycle {
  @PathParam() readonly name!: string;
  onInit(): void | Promise<void> {
    log.push(`${this.name} begins`);
    if (this.name.startsWith('slow')) return gate(this.name);
    if (this.name === 'full') throw new Failure('full');
    if (this.name === 'broken') throw new Error('no such room');
    return undefined;
  }
  onDestroy(): void | Promise<void> {
    log.push(`${this.name} ends`);
    if (this.name.startsWith('slow')) return gate(this.name);
    if (this.name === 'bad') throw new Error('no end');
    return undefined;
  }
  @Ready() onReady(): void {
    log.push(`${this.name} ready`);
  }
}

const room = (scene: Scene, name: string): FakeConnection => scene.connect('stream', { path: `/room/${name}` });

describe('onInit and onDestroy', () => {
  it('run one after the other in the order of the services, and in reverse at the end', async () => {
    const { app } = new Scene([First, Second]);
    let started = false;
    void app.start().then(() => (started = true));
    await settled();
    expect([log, started]).toEqual([['first begins'], false]);
    await open('first');
    expect(started).toBe(true);
    await app.start();
    let stopped = false;
    void app.stop().then(() => (stopped = true));
    await settled();
    expect(stopped).toBe(false);
    await open('first');
    expect(stopped).toBe(true);
    expect(log).toEqual([
      'first begins',
      'first has begun',
      'second begins',
      'second ends',
      'first ends',
      'first has ended',
    ]);
  });

  it('that throws stops the start, names class and method, and what has begun is ended', async () => {
    @ManagedService('/third')
    class Third {
      onInit(): void {
        throw new Failure('forbidden', 'no licence');
      }
    }
    const { app } = new Scene([Second, Third]);
    await expect(app.start()).rejects.toThrow('Third.onInit failed: no licence');
    await app.stop();
    expect(log).toEqual(['second begins', 'second ends']);
  });

  it('run without `start` too, before the first client', async () => {
    const scene = new Scene([First, Second]);
    expect(scene.connect('stream', { path: '/second' }).resource.state).toBe('ready');
    const waits = scene.app.connect(requestFor('stream', { path: '/first' }));
    expect(log).toEqual(['second begins', 'first begins']);
    await open('first');
    expect((await waits).endpoint.path).toBe('/first');
  });

  it('run once for a @Singleton, at the start', async () => {
    @Singleton()
    @ManagedService({ path: '/one/{x}', config: { endpointIdleSeconds: 1 } })
    class One {
      onInit(): void {
        log.push('one begins');
      }
      onDestroy(): void {
        log.push('one ends');
      }
    }
    const scene = new Scene([One]);
    await scene.app.start();
    for (const path of ['/one/a', '/one/b']) scene.connect('stream', { path }).resource.close();
    scene.clock.advance(1_100);
    expect(log).toEqual(['one begins']);
    await scene.app.stop();
    expect(log).toEqual(['one begins', 'one ends']);
  });
});

describe('The instance of a path', () => {
  it('begins with its fields filled before its first client, at once when it does not wait', () => {
    const scene = new Scene([Room]);
    room(scene, 'a');
    room(scene, 'a');
    expect(log).toEqual(['a begins', 'a ready', 'a ready']);
  });

  it('lets its first clients wait for it, and nobody else', async () => {
    const scene = new Scene([Room]);
    const connects = [1, 2].map(() => scene.app.connect(requestFor('stream', { path: '/room/slow' })));
    expect(connects.map(isPromise)).toEqual([true, true]);
    room(scene, 'a');
    expect(log).toEqual(['slow begins', 'a begins', 'a ready']);
    await open('slow');
    const [one, two] = await Promise.all(connects as [PromiseLike<Resource>, PromiseLike<Resource>]);
    expect(one.endpoint).toBe(two.endpoint);
  });

  it('refuses its client when it throws, and another is tried for the next', async () => {
    const scene = new Scene([Room]);
    const outcomes = ['full', 'broken'].map((name) => thrownBy(() => room(scene, name)));
    expect(outcomes[0]).toMatchObject({ code: 'full' });
    expect(outcomes[1]).toMatchObject({ message: 'Room.onInit failed: no such room' });
    expect(scene.app.broadcasters.find('/room/broken')).toBeUndefined();
    thrownBy(() => room(scene, 'broken'));
    expect(log).toEqual(['full begins', 'broken begins', 'broken begins']);
    await scene.app.stop();
    expect(log).toHaveLength(3);
  });

  it('ends when nobody was there for a while, and the next of its path begins only then', async () => {
    const scene = new Scene([Room]);
    const first = scene.app.connect(requestFor('stream', { path: '/room/slow' }));
    await open('slow');
    (await first).close();
    scene.clock.advance(1_100);
    expect(log).toEqual(['slow begins', 'slow ends']);
    const next = scene.app.connect(requestFor('stream', { path: '/room/slow' }));
    await settled();
    expect(log).toHaveLength(2);
    await open('slow');
    expect(log).toEqual(['slow begins', 'slow ends', 'slow begins']);
    await open('slow');
    expect((await next).endpoint).not.toBe((await first).endpoint);
  });

  it('ends at the stop, after @Disconnect; what it throws is logged, and ends nobody else', async () => {
    const scene = new Scene([Second, Room]);
    await scene.app.start();
    for (const name of ['a', 'bad', 'c']) room(scene, name);
    await scene.app.stop();
    expect(log.filter((line) => line.endsWith('ends'))).toEqual(['c ends', 'bad ends', 'a ends', 'second ends']);
    expect(scene.logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'Room.onDestroy failed', fields: { cause: { message: 'Room.onDestroy failed: no end' } } },
    ]);
  });

  it('that does not end holds up the stop no longer than the deadline, and the others are ended', async () => {
    const scene = new Scene([Second, Room]);
    await scene.app.start();
    const slow = scene.app.connect(requestFor('stream', { path: '/room/slow' }));
    await open('slow');
    await slow;
    const stopped = scene.app.stop({ deadlineSeconds: 4 });
    await settled();
    expect(log.at(-1)).toBe('slow ends');
    scene.clock.advance(4_100);
    await stopped;
    expect(log.at(-1)).toBe('second ends');
  });

  it('is not kept by the container when it has ended, whatever it can be disposed of with', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    @ManagedService({ path: '/brief/{x}', config: { endpointIdleSeconds: 1 } })
    class Brief {
      dispose(): void {}
    }
    const scene = new Scene([Brief]);
    const refs = Array.from({ length: 20 }, (_, index) => {
      const { resource } = scene.connect('stream', { path: `/brief/${index}` });
      resource.close();
      return new WeakRef(resource.endpoint.instance);
    });
    scene.clock.advance(1_100);
    scene.stream.topics.clear();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(3);
  });
});

describe('A declaration of the life cycle', () => {
  it.each([
    [
      'two ways for one end',
      () => {
        @ManagedService('/x')
        class Both {
          onInit(): void {}
          @PostConstruct() begin(): void {}
        }
        return Both;
      },
      'Both has onInit and @PostConstruct on begin; keep one',
    ],
    [
      'two methods',
      () => {
        @ManagedService('/x')
        class Twice {
          @PreDestroy() one(): void {}
          @PreDestroy() two(): void {}
        }
        return Twice;
      },
      'Twice has 2 @PreDestroy methods (one, two); keep one',
    ],
    [
      'parameters',
      () => {
        @ManagedService('/x')
        class Wants {
          onDestroy(_resource: Resource): void {}
        }
        return Wants;
      },
      'Wants.onDestroy takes parameters, but nobody is there yet, or any more, to fill them from',
    ],
  ])('with %s stops the start', (_, make, message) => {
    expect(() => new Scene([make()])).toThrow(message);
  });

  it('takes a method of that name for what its decorator says', async () => {
    @ManagedService('/x')
    class Named {
      @Message() onInit(text: string): void {
        log.push(text);
      }
    }
    const scene = new Scene([Named]);
    await scene.app.start();
    scene.connect('stream', { path: '/x' }).resource.receive('hello');
    expect(log).toEqual(['hello']);
  });
});

describe("A service class with tsyringe's own scope", () => {
  it('that has one object for all paths can not have a path in a field', () => {
    @singleton()
    @ManagedService('/field/{room}')
    class Fields {
      @PathParam() readonly room!: string;
    }
    expect(() => new Scene([Fields])).toThrow(
      "Fields.room: the container gives the same Fields for all paths (tsyringe's @singleton(), or how it is registered), so a field can't hold what is of one. Remove that, or make it a parameter: @PathParam('room')",
    );
  });

  it('works as a @Singleton when it has none', async () => {
    @singleton()
    @ManagedService('/single/{room}')
    class Single {
      onInit(): void {
        log.push('begins');
      }
    }
    const scene = new Scene([Single]);
    await scene.app.start();
    const [a, b] = ['/single/a', '/single/b'].map((path) => scene.connect('stream', { path }).resource.endpoint);
    expect(a?.instance).toBe(b?.instance);
    expect(log).toEqual(['begins']);
  });

  it('that is scoped to a container has an object for each path', () => {
    @scoped(Lifecycle.ContainerScoped)
    @ManagedService('/scoped/{room}')
    class Scoped {
      @PathParam() readonly room!: string;
    }
    const app = new App({ services: [Scoped], container: rootContainer });
    const [a, b] = ['/scoped/a', '/scoped/b', '/scoped/c'].map(
      (path) => (app.connect(requestFor('stream', { path })) as Resource).endpoint.instance as Scoped,
    );
    expect([a?.room, b?.room]).toEqual(['a', 'b']);
  });
});
