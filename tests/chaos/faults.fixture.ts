import type { ChaosClient } from './clients/chaos-client.fixture';
import type { FaultName } from './plan.fixture';
import type { ChaosProxy } from './proxy.fixture';
import type { Random } from './random.fixture';
import type { ServerProcess } from './server-process.fixture';

/** All that a fault may lay hands on. */
export interface Scenery {
  readonly proxy: ChaosProxy;
  readonly server: ServerProcess;
  readonly random: Random;
  /** How long a resource is kept at most without a connection, in milliseconds. */
  readonly longestMillis: number;
}

/** What each fault does, to one client or to all. */
export const inflict: Readonly<Record<FaultName, (scenery: Scenery, victim: ChaosClient) => void | Promise<void>>> = {
  reset: ({ proxy }, { settings }) => proxy.cut('reset', settings.client),
  end: ({ proxy }, { settings }) => proxy.cut('end', settings.client),
  swallowed: ({ proxy, random }, { settings }) => proxy.blackhole(settings.client, random.whole(200, 800)),
  blackhole: ({ proxy, random }, { settings }) => proxy.blackhole(settings.client, random.whole(3000, 8000)),
  delay: ({ proxy, random }, { settings }) => {
    const slowness = { delayMillis: () => random.whole(0, 400), bytesPerSecond: Infinity };
    proxy.slow(settings.client, slowness, random.whole(1000, 4000));
  },
  throttle: ({ proxy, random }, { settings }) => {
    const slowness = { delayMillis: () => 0, bytesPerSecond: random.whole(500, 4000) };
    proxy.slow(settings.client, slowness, random.whole(1000, 4000));
  },
  absence: ({ longestMillis, random }, victim) => victim.leaveFor(longestMillis + random.whole(0, 1000)),
  'late poll': ({ proxy }, { settings }) => proxy.set(settings.client, 'late'),
  'double poll': ({ proxy }, { settings }) => proxy.set(settings.client, 'twice'),
  'half a POST': ({ proxy }, victim) => {
    proxy.set(victim.settings.client, 'half a POST');
    victim.speak();
  },
  'reset of all': ({ proxy }) => proxy.cut('reset'),
  'clock forward': ({ server }) => server.tell({ order: 'jump', millis: 3_600_000 }),
  'clock back': ({ server }) => server.tell({ order: 'jump', millis: -3_600_000 }),
  crash: ({ server }) => server.restart('SIGKILL'),
  deploy: ({ server }) => server.restart('SIGTERM'),
};

/** The faults that only some clients can suffer, by the kind of the client. */
const particular: Partial<Record<FaultName, RegExp>> = {
  'late poll': /^(long-polling|jsonp|polling)/,
  'double poll': /^(long-polling|jsonp|polling)/,
  'half a POST': /^(?!websocket)/,
};

/** The first client from an index on, in a circle, that can suffer a fault. */
export function victimOf(fault: FaultName, clients: readonly ChaosClient[], index: number): ChaosClient | undefined {
  const order = [...clients.slice(index), ...clients.slice(0, index)];
  return order.find(({ settings }) => particular[fault]?.test(settings.kind) ?? true);
}
