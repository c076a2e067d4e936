// The server that has clients who do not read, in a process of its own with `--expose-gc`. It answers orders over IPC.
import 'reflect-metadata';
import {
  App,
  coalesce,
  ManagedService,
  Ready,
  Resource,
  serve,
  silentLogger,
  type ConfigOptions,
} from '@ionosphere/server';
import { injectable } from 'tsyringe';
import type { Order, State } from './slow-clients.fixture';

/** Who asks for it gets ballast, too. */
@injectable()
class Observed {
  constructor(private readonly app: App) {}

  @Ready()
  onReady(resource: Resource): void {
    if (resource.request.query.has('ballast')) resource.subscribe(this.app.broadcasters.lookup('ballast'));
    resource.send('hello');
  }
}

/** Time enough for a machine that has much else to do, and little enough to be waited for. */
const slow: ConfigOptions = { slowClientSeconds: 1.5 };

@ManagedService({ path: '/lag', config: slow })
class Lag extends Observed {}

@ManagedService({ path: '/drop-oldest', config: { ...slow, slowClients: 'drop-oldest', slowClientMessages: 5 } })
class DropOldest extends Observed {}

@ManagedService({ path: '/drop-newest', config: { ...slow, slowClients: 'drop-newest', slowClientMessages: 5 } })
class DropNewest extends Observed {}

@ManagedService({ path: '/coalesce', config: slow, slowClients: coalesce(() => 'one') })
class Coalesce extends Observed {}

/** Here it is the number of messages that counts, so there is time for ever. */
@ManagedService({
  path: '/disconnect',
  config: { slowClients: 'disconnect', slowClientMessages: 5, slowClientSeconds: 600 },
})
class Disconnecting extends Observed {}

const BALLAST = 'x'.repeat(40_000);

async function main(): Promise<void> {
  const { app, port } = await serve({
    port: 0,
    host: '127.0.0.1',
    services: [Lag, DropOldest, DropNewest, Coalesce, Disconnecting],
    logger: silentLogger,
    webSocket: { maxBackpressureBytes: 256 * 1024 },
    // All clients have one address.
    limits: { maxMessageBytes: 64 * 1024, handshakesPerSecond: 0, maxConnectionsPerAddress: 0 },
    config: { logBytes: 2 * 1024 * 1024, recoverySeconds: 0.5, pollGraceSeconds: 0.5 },
  });
  const state = (): State => {
    gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const failures = Object.fromEntries(Object.entries(app.counters.failures).filter(([, times]) => times > 0));
    return { failures, resources: app.resources.size, heapUsed, external, rss };
  };
  process.on('message', (message) => {
    const order = message as Order;
    for (let left = order.ballast ?? 0; left > 0; left--) app.broadcasters.lookup('ballast').broadcast(BALLAST);
    if (order.path !== undefined) app.broadcasters.lookup(order.path).broadcast(`<${order.message}>`);
    if (order.report) process.send?.(state());
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ port });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
