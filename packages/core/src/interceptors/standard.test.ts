import { ManagedService, Message } from '../declaration/decorators';
import type { Interceptor } from './interceptor';
import { Scene } from '../port.fixture';
import { CacheHeadersInterceptor } from './cache-headers';
import { CorsInterceptor } from './cors';
import { FakeExchange } from './exchange.fixture';
import { HeartbeatInterceptor } from './heartbeat';

@ManagedService('/room')
class Room {
  @Message() onMessage(text: string): string {
    return text;
  }
}

/** Notes what the answer had for headers when the request came by. */
class Witness implements Interceptor {
  seen: string[] = [];

  constructor(readonly priority: Interceptor['priority']) {}

  request(...[exchange, next]: Parameters<NonNullable<Interceptor['request']>>) {
    this.seen = [...(exchange as FakeExchange).headers.keys()];
    return next(exchange);
  }
}

const cross = { origin: 'http://room.example', host: 'room.example' };
const corsHeader = 'Access-Control-Allow-Origin';

describe('The standard interceptors', () => {
  it('stand between those before and those after them', () => {
    const [before, after] = [new Witness('BEFORE_DEFAULT'), new Witness(undefined)];
    const scene = new Scene([Room], { interceptors: [after, before] });
    void scene.app.request(new FakeExchange({ headers: cross }));
    expect(before.seen).toContain(corsHeader);
    expect(before.seen).not.toContain('Cache-Control');
    expect(after.seen).toEqual(expect.arrayContaining([corsHeader, 'Cache-Control']));
  });

  it('can be switched off one by one', () => {
    const witness = new Witness(undefined);
    const scene = new Scene([Room], {
      interceptors: [witness],
      disableInterceptors: [CacheHeadersInterceptor, HeartbeatInterceptor],
    });
    void scene.app.request(new FakeExchange({ headers: cross }));
    expect(witness.seen).toContain(corsHeader);
    expect(witness.seen).not.toContain('Cache-Control');
    const client = scene.connect('stream', { tracking: true });
    expect(client.texts[0]).toMatch(/^<\d+\|/);
    scene.clock.advance(200_000);
    expect(client.texts).toHaveLength(1);
  });

  it('can be switched off all together, and then are none', () => {
    const witness = new Witness(undefined);
    const scene = new Scene([Room], { interceptors: [witness], disableInterceptors: 'all' });
    void scene.app.request(new FakeExchange({ headers: { origin: 'http://evil.example' } }));
    expect(witness.seen).toEqual([]);
    const client = scene.connect('stream', { tracking: true });
    expect(client.texts[0]).toMatch(/^<[0-9a-f]{8}-/);
    expect(scene.app.request(new FakeExchange({ query: 'X-Atmosphere-Transport=close' }))).toBeUndefined();
  });

  it('give way to one of the same class, or of a class that extends it, of the app or of one service', () => {
    class Open extends CorsInterceptor {
      constructor() {
        super(['*']);
      }
    }
    @ManagedService({ path: '/open', interceptors: [Open] })
    class OpenRoom extends Room {}
    const foreign = (path: string): FakeExchange =>
      new FakeExchange({ path, headers: { origin: 'http://other.example' } });
    const passes = (scene: Scene, path: string): boolean => {
      try {
        return scene.app.request(foreign(path)) === undefined;
      } catch {
        return false;
      }
    };
    const one = new Scene([Room, OpenRoom]);
    expect(['/room', '/open'].map((path) => passes(one, path))).toEqual([false, true]);
    const all = new Scene([Room], { interceptors: [new CorsInterceptor(['http://other.example'])] });
    expect(passes(all, '/room')).toBe(true);
  });
});
