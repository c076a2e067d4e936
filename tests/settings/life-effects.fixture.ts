import { Request } from '@ionosphere/server';
import { Raw, Scene, type Effect, type Place } from './place.fixture';

/** What a service is told of a client that is connected, and sends nothing, for six seconds. */
async function silent(place: Place): Promise<string[]> {
  const scene = new Scene(place);
  await scene.connect();
  await scene.clock.advance(6000);
  return scene.told;
}

async function away(place: Place): Promise<string[]> {
  const scene = new Scene(place);
  await (await scene.connect()).vanish();
  await scene.clock.advance(6000);
  return scene.told;
}

async function afterBroadcast(place: Place): Promise<unknown> {
  const scene = new Scene(place);
  const client = await scene.connect();
  scene.broadcaster.broadcast('hi');
  await scene.clock.advance(0);
  return { told: scene.told, messages: [...client.messages] };
}

/** Whether the broadcaster is gone: once its only client has left, or when it has been silent for six seconds. */
async function destroyed(place: Place, config: object): Promise<boolean> {
  const scene = new Scene(place, { config });
  const { broadcaster } = scene;
  await (await scene.connect()).close();
  await scene.clock.advance(6000);
  return broadcaster.isDestroyed;
}

/** How many of two clients are subscribed, and what the second is told. */
async function crowded(place: Place, limits: object): Promise<unknown> {
  const scene = new Scene(place, { limits });
  await scene.connect();
  const second = await scene.connect().then(
    () => 'welcome',
    (failure: unknown) => (failure as { code: string }).code,
  );
  return { size: scene.broadcaster.size, second };
}

/** How many messages are in the log a while after they are too old. */
async function stale(place: Place): Promise<number> {
  const scene = new Scene(place, { config: { logSeconds: 2 } });
  const { broadcaster } = scene;
  broadcaster.broadcast('hi');
  await scene.clock.advance(6000);
  return broadcaster.log.end - broadcaster.log.start;
}

/** Whether a client that comes back ten seconds too late is subscribed again to what it had. */
async function late(place: Place): Promise<boolean> {
  const scene = new Scene(place, { config: { enableInterceptors: ['AtmosphereResourceStateRecovery'] } });
  const client = await scene.connect();
  const news = scene.app.broadcasters.lookup('news');
  scene.app.resources.find(client.uuid)?.subscribe(news);
  await client.vanish();
  await scene.clock.advance(40_000);
  await client.reconnect();
  return scene.app.resources.find(client.uuid)?.broadcasters.includes(news) ?? false;
}

/** A connection that can be full. */
class Narrow extends Raw {
  isFull = false;

  override write(frames: Parameters<Raw['write']>[0]): ReturnType<Raw['write']> {
    this.writeOn(frames);
    return this.isFull ? 'full' : 'ok';
  }
}

/** What a client gets that is slow from the first of five messages on. */
async function slow(place: Place, config: object): Promise<string[]> {
  const scene = new Scene(place, { config });
  const client = new Narrow(scene);
  client.texts.length = 0;
  client.isFull = true;
  for (const message of ['a', 'b', 'c', 'd', 'e']) await scene.broadcaster.broadcast(message);
  client.isFull = false;
  client.resource.drained(client);
  return client.texts;
}

const slowPolicy = {
  value: 'drop-oldest',
  observe: (place: Place) => slow(place, { slowClientMessages: 2 }),
  without: ['a', 'b', 'c', 'd', 'e'],
  with: ['a', 'd', 'e'],
};
const slowBound = {
  value: '1',
  observe: (place: Place) => slow(place, { slowClients: 'drop-newest' }),
  without: ['a', 'b', 'c', 'd', 'e'],
  with: ['a', 'b'],
};
const bound = {
  value: '1',
  observe: (place: Place) => new Scene(place).missed(['a', 'b']),
  without: ['a', 'b'],
  with: ['b'],
};
const age = {
  value: '5',
  observe: (place: Place) => new Scene(place).missed(['a'], 6000),
  without: ['a'],
  with: [],
};

/** The keys of how resources and broadcasters live. */
export const lifeEffects = {
  UUIDBROADCASTERCACHE_CLIENT_IDLETIME: { value: '5', observe: away, without: [], with: ['disconnect'] },
  STATE_RECOVERY_TIMEOUT: { value: '5000', observe: late, without: true, with: false },
  ATMOSPHERERESOURCE_INTERCEPTOR_TIMEOUT: { value: '5', observe: silent, without: [], with: ['resume'] },
  ATMOSPHERERESOURCE_INTERCEPTOR_METHOD: {
    value: 'GET, POST',
    observe: (place) => {
      const query = 'X-Atmosphere-Transport=long-polling&X-Atmosphere-Framework=2.3.8';
      return new Scene(place).app.serviceAt('/room')?.connects(new Request({ method: 'POST', path: '/room', query }));
    },
    without: false,
    with: true,
  },
  MAX_INACTIVE: { value: '5000', observe: silent, without: [], with: ['disconnect'] },
  RESUME_ON_BROADCAST: {
    value: 'true',
    observe: afterBroadcast,
    without: { told: [], messages: ['hi'] },
    with: { told: ['resume'], messages: ['hi'] },
  },
  BROADCASTER_CLASS: {
    value: 'org.atmosphere.util.SimpleBroadcaster',
    observe: (place) => new Scene(place).broadcaster.constructor.name,
    without: 'Broadcaster',
    with: 'SimpleBroadcaster',
  },
  BROADCASTER_CACHE: {
    value: 'org.atmosphere.cache.DefaultBroadcasterCache',
    observe: (place) => new Scene(place).missed(['a']),
    without: ['a'],
    with: [],
  },
  BROADCASTER_LIFECYCLE_POLICY: {
    value: 'EMPTY_DESTROY',
    observe: (place) => destroyed(place, {}),
    without: false,
    with: true,
  },
  BROADCASTER_LIFECYCLE_POLICY_IDLETIME: {
    value: '5000',
    observe: (place) => destroyed(place, { broadcasterLifeCyclePolicy: 'IDLE_DESTROY' }),
    without: false,
    with: true,
  },
  BROADCASTER_POLICY: {
    value: 'REJECT',
    observe: (place) => crowded(place, { maxSuspended: 1 }),
    without: { size: 1, second: 'welcome' },
    with: { size: 1, second: 'full' },
  },
  BROADCASTER_POLICY_TIMEOUT: {
    value: '1',
    observe: (place) => crowded(place, {}),
    without: { size: 2, second: 'welcome' },
    with: { size: 1, second: 'welcome' },
  },
  BROADCASTER_BACKPRESSURE_POLICY: slowPolicy,
  BACKPRESSURE_POLICY: slowPolicy,
  BROADCASTER_BACKPRESSURE_HIGH_WATER_MARK: slowBound,
  BACKPRESSURE_HIGH_WATER_MARK: slowBound,
  UUIDBROADCASTERCACHE_MAX_PER_CLIENT: bound,
  UUIDBROADCASTERCACHE_MAX_TOTAL: bound,
  CACHE_MAX_SIZE: bound,
  UUIDBROADCASTERCACHE_MESSAGE_TTL: age,
  CACHE_TTL_SECONDS: age,
  UUIDBROADCASTERCACHE_IDLE_CACHE_INTERVAL: { value: '5', observe: stale, without: 1, with: 0 },
  BROADCAST_FILTER_CLASSES: {
    value: 'org.atmosphere.util.XSSHtmlFilter',
    observe: (place) => new Scene(place).missed(['<b>']),
    without: ['<b>'],
    with: ['&lt;b&gt;'],
  },
} as const satisfies Readonly<Record<string, Effect>>;
