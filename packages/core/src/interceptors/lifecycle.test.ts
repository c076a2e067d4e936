import { ManagedService, Message, Ready, Resume } from '../declaration/decorators';
import { Failure } from '../errors';
import { Scene, thrownBy } from '../port.fixture';
import { ResourceEvent } from '../resource/resource-event';
import { asked } from './exchange.fixture';
import { AtmosphereResourceLifecycleInterceptor } from './lifecycle';

const told: string[] = [];

@ManagedService('/room')
class Room {
  @Ready() onReady(): void {
    told.push('ready');
  }
  @Resume() onResume(event: ResourceEvent): void {
    told.push(event.isResumedOnTimeout ? 'time is over' : 'resumed');
  }
  @Message() onMessage(text: string): string {
    return text;
  }
}

const scene = (options: ConstructorParameters<typeof AtmosphereResourceLifecycleInterceptor>[0]): Scene =>
  new Scene([Room], { interceptors: [new AtmosphereResourceLifecycleInterceptor(options)] });

describe('AtmosphereResourceLifecycleInterceptor', () => {
  beforeEach(() => void told.splice(0));

  it('ends the wait over HTTP when the time is over; who asks again has missed nothing, in order', () => {
    const timed = scene({ timeoutSeconds: 20 });
    const room = timed.app.broadcasters.lookup('/room');
    for (const style of ['poll', 'stream'] as const) {
      const client = timed.connect(style, { protocol: false });
      timed.clock.advance(19_900);
      expect(client.closedWith).toBeUndefined();
      timed.clock.advance(200);
      expect(client.closedWith).toEqual({ failure: undefined });
      room.broadcast('one');
      room.broadcast('two');
      const back = timed.again(client, { protocol: false });
      timed.clock.turn();
      const last = style === 'poll' ? timed.again(back, { protocol: false }).texts : [];
      expect([...back.texts, ...last].join('').replace(/[<>]/g, '')).toBe('onetwo');
      expect(back.resource.uuid).toBe(client.resource.uuid);
      back.resource.close();
    }
  });

  it('calls @Resume each time, and @Ready once for a run of polls', () => {
    const timed = scene({ timeoutSeconds: 20 });
    let client = timed.connect('poll', { protocol: false });
    for (let i = 0; i < 3; i++) {
      timed.clock.advance(20_100);
      client = timed.again(client, { protocol: false });
    }
    expect(told).toEqual(['ready', 'time is over', 'time is over', 'time is over']);
  });

  it('leaves a WebSocket open, which gets nothing more', () => {
    const timed = scene({ timeoutSeconds: 20 });
    const client = timed.connect('socket', { protocol: false });
    timed.clock.advance(20_100);
    timed.app.broadcasters.lookup('/room').broadcast('late');
    timed.clock.turn();
    expect([client.closedWith, client.texts]).toEqual([undefined, []]);
    expect(told).toEqual(['ready', 'time is over']);
  });

  it('says which methods connect: GET unless told otherwise', () => {
    const query = 'X-Atmosphere-Transport=long-polling&X-Atmosphere-Framework=3.1.3-javascript';
    const [posts, push, modern] = [
      asked({ method: 'POST', query }),
      asked({ method: 'POST', query: query.replace('long-polling', 'polling') }),
      asked({ method: 'POST', query: query.replace('3.1.3', '5.0.7') }),
    ];
    const connects = (one: Scene) =>
      [posts, push, modern].map((request) => one.app.serviceAt('/room')?.connects(request));
    expect(connects(new Scene([Room]))).toEqual([false, false, false]);
    expect(connects(scene({ methods: ['GET', 'POST'] }))).toEqual([true, false, false]);
    const onlyPost = scene({ methods: ['POST'] });
    expect(thrownBy(() => onlyPost.connect('poll'))).toEqual(new Failure('method-not-allowed'));
    onlyPost.connect('socket', { headers: { upgrade: 'websocket' } });
  });

  it.each([0, -1, NaN])('refuses a time of %d seconds', (timeoutSeconds) => {
    expect(() => new AtmosphereResourceLifecycleInterceptor({ timeoutSeconds })).toThrow('it must be a number above 0');
  });
});
