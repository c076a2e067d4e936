// The server whose memory is looked at, in a process of its own with `--expose-gc`. It answers orders over IPC.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import {
  DeliverTo,
  ManagedService,
  Message,
  Ready,
  Resource,
  serve,
  silentLogger,
  systemClock,
  type Clock,
} from '@ionosphere/server';
import type { Counts } from './leaks.fixture';

@ManagedService('/leak/{name}')
class Leak {
  @Ready()
  onReady(resource: Resource): void {
    resource.attributes.set('memory', 'x'.repeat(500));
    resource.send('hello');
  }

  @Message()
  @DeliverTo('RESOURCE')
  onMessage(text: string): string {
    return text;
  }
}

/** Counts the calls that wait: the timers of an app have one, and only while one of them waits. */
let waiting = 0;
const clock: Clock = {
  ...systemClock,
  after(millis, fn) {
    let isOver = false;
    const end = (): void => {
      if (!isOver) waiting--;
      isOver = true;
    };
    waiting++;
    const cancel = systemClock.after(millis, () => {
      end();
      fn();
    });
    return () => {
      end();
      cancel();
    };
  },
};

/** The part of uWebSockets.js that knows who is subscribed to what. */
interface NativeApp {
  numSubscribers(topic: string): number;
}

/** Catches the app of the native library that the framework is about to make. */
function catchNativeApp(): { app?: NativeApp } {
  const caught: { app?: NativeApp } = {};
  const load = createRequire(require.resolve('@ionosphere/server'));
  for (const name of ['uWebSockets.js', 'uws-latest', 'uws-lts']) {
    try {
      const native = load(name) as { App: () => NativeApp };
      const make = native.App;
      native.App = () => (caught.app = make());
    } catch {
      // Not there, or not for this Node.
    }
  }
  return caught;
}

async function main(): Promise<void> {
  const native = catchNativeApp();
  const { app, port } = await serve({
    port: 0,
    host: '127.0.0.1',
    services: [Leak],
    clock,
    logger: silentLogger,
    // All clients have one address.
    limits: { handshakesPerSecond: 0, maxConnectionsPerAddress: 0, rateLimitMessages: 0 },
    config: {
      recoverySeconds: 1.5,
      pollGraceSeconds: 1.5,
      connectSeconds: 1.5,
      endpointIdleSeconds: 0.3,
      logSweepSeconds: 0.2,
    },
  });
  const members = (): number => {
    let sum = 0;
    // Topics are numbered from 1; nobody makes as many here.
    for (let topic = 1; topic <= 1000; topic++) sum += native.app?.numSubscribers(`b${topic}`) ?? Number.NaN;
    return sum;
  };
  const count = (): Counts => {
    gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const broadcasters = app.broadcasters.all().length;
    const connections = Object.values(app.counters.tallies).reduce((sum, { open }) => sum + open, 0);
    const held = { resources: app.resources.size, connections, broadcasters, waiting, members: members() };
    return { ...held, heapUsed, external, rss };
  };
  process.on('message', () => process.send?.(count()));
  process.on('disconnect', () => process.exit());
  process.send?.({ port });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
