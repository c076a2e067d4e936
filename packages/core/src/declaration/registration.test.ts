import { injectable } from 'tsyringe';
import type { Broadcaster } from '../broadcaster/broadcaster';
import type { BroadcasterListener } from '../broadcaster/broadcaster-listener';
import type { Call } from '../methods/call';
import {
  AtmosphereInterceptorService,
  AtmosphereResourceListenerService,
  BroadcasterCacheInspectorService,
  BroadcasterFilterService,
  BroadcasterListenerService,
  ManagedService,
  Message,
} from './decorators';
import type { Filter, FilterAction } from '../filters/filter';
import type { Interceptor, Next } from '../interceptors/interceptor';
import type { CacheInspector } from '../log/message-log';
import { Scene } from '../port.fixture';
import { isRegistrable } from './registration';
import type { ResourceEvent } from '../resource/resource-event';
import type { ResourceListener } from '../resource/resource-listener';

let log: string[] = [];
beforeEach(() => (log = []));

@injectable()
class Greeting {
  readonly word = 'hello';
}

@AtmosphereInterceptorService()
class Shout implements Interceptor {
  constructor(readonly greeting: Greeting) {}

  inbound(call: Call, next: Next<Call, unknown>): unknown {
    return `${this.greeting.word} ${String(next(call))}!`;
  }
}

@BroadcasterFilterService()
class Brackets implements Filter {
  filter(message: unknown): FilterAction {
    return { action: 'CONTINUE', message: `[${String(message)}]` };
  }
}

@BroadcasterListenerService()
class Births implements BroadcasterListener {
  onPostCreate({ id }: Broadcaster): void {
    log.push(`made ${id}`);
  }
}

@AtmosphereResourceListenerService()
class Comings implements ResourceListener {
  static made = 0;

  constructor() {
    Comings.made++;
  }

  onSuspend({ resource }: ResourceEvent): void {
    log.push(`came ${resource.endpoint.path}`);
  }
}

@BroadcasterCacheInspectorService()
class NoSecrets implements CacheInspector {
  inspect(message: unknown): boolean {
    return message !== 'secret';
  }
}

@ManagedService('/one')
class One {
  @Message() onMessage(text: string): string {
    return text;
  }
}

@ManagedService('/two')
class Two extends One {}

const plain = { protocol: false };

describe('Classes in the list of services', () => {
  it('that are registered for all services are around each of them, and are made once', () => {
    Comings.made = 0;
    const scene = new Scene([Shout, One, Brackets, Two, Births, Comings]);
    const clients = ['/one', '/two'].map((path) => scene.connect('stream', { ...plain, path }));
    expect(clients.map((client) => scene.answers(client, 'ada'))).toEqual([['<[hello ada!]>'], ['<[hello ada!]>']]);
    expect(log).toEqual(['made /one', 'made /two', 'came /one', 'came /two']);
    expect(Comings.made).toBe(1);
    expect(scene.app.services.map(({ name }) => name)).toEqual(['One', 'Two']);
  });

  it('that filter reach every broadcaster, those of no service too, and go before filters of a service', () => {
    const last: Filter = { filter: (message) => ({ action: 'CONTINUE', message: `${String(message)}.` }) };
    @ManagedService({ path: '/own', broadcastFilters: [last] })
    class Own {}
    const { app } = new Scene([Brackets, Own]);
    const logged = ['/own', 'news'].map((id) => {
      const broadcaster = app.broadcasters.lookup(id);
      broadcaster.broadcast('x');
      return broadcaster.log.at(0).payload;
    });
    expect(logged).toEqual(['[x].', '[x]']);
  });

  it('that inspect are asked for every log, by the option of the app too', () => {
    const logged = (scene: Scene): number[] =>
      ['/one', 'news'].map((id) => {
        const broadcaster = scene.app.broadcasters.lookup(id);
        for (const message of ['secret', 'x']) broadcaster.broadcast(message);
        return broadcaster.log.end;
      });
    expect(logged(new Scene([One]))).toEqual([2, 2]);
    expect(logged(new Scene([One, NoSecrets]))).toEqual([1, 1]);
    expect(logged(new Scene([One], { cacheInspectors: [NoSecrets] }))).toEqual([1, 1]);
  });

  it('say the same as the options of the app', () => {
    const scene = new Scene([One], {
      interceptors: [Shout],
      broadcastFilters: [Brackets],
      broadcasterListeners: [Births],
      listeners: [Comings],
    });
    const client = scene.connect('stream', { ...plain, path: '/one' });
    expect(scene.answers(client, 'ada')).toEqual(['<[hello ada!]>']);
    expect(log).toEqual(['made /one', 'came /one']);
  });
});

describe('What a scan takes', () => {
  it.each([
    ['a service', One, true],
    ['an interceptor', Shout, true],
    ['a filter', Brackets, true],
    ['a listener of broadcasters', Births, true],
    ['an inspector of logs', NoSecrets, true],
    ['a listener of resources', Comings, true],
    ['a class without a decorator', Greeting, false],
  ])('%s: %s', (_what, type, taken) => {
    expect(isRegistrable(type)).toBe(taken);
  });
});
