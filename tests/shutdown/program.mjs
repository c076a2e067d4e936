// A server that is to stop under load. Prints "ready <url>" when it listens; on SIGTERM it broadcasts and stops at once.
// Its argument is the number of seconds that stopping may take.
import 'reflect-metadata';
import { ManagedService, Message, Disconnect, Ready, serve } from '@ionosphere/server';

const MESSAGES = 20;
let ready = 0;
let disconnected = 0;

class Crowd {
  onInit() {
    console.log('begun');
  }

  onReady() {
    if (++ready % 50 === 0) console.log(`ready-clients ${ready}.`);
  }

  onMessage(order) {
    console.log(`began ${order}`);
    return new Promise(() => undefined);
  }

  async onDisconnect() {
    await new Promise((resolve) => setTimeout(resolve, 20));
    disconnected++;
  }

  async onDestroy() {
    console.log(`destroying after ${disconnected} disconnects`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    console.log('destroyed');
  }
}

// What the TypeScript compiler makes of decorators.
for (const [name, decorator, types] of [
  ['onReady', Ready, []],
  ['onMessage', Message, [String]],
  ['onDisconnect', Disconnect, []],
]) {
  Reflect.defineMetadata('design:paramtypes', types, Crowd.prototype, name);
  decorator()(Crowd.prototype, name);
}
ManagedService({ path: '/crowd', config: { heartbeatSeconds: 0 } })(Crowd);

const server = await serve({
  port: 0,
  host: '127.0.0.1',
  services: [Crowd],
  signals: [],
  stopSeconds: Number(process.argv[2]),
  retryAfterSeconds: 2,
  // All of them come from one address, and at once.
  limits: { maxConnectionsPerAddress: 0, handshakesPerSecond: 0 },
});
process.once('SIGTERM', async () => {
  for (let message = 0; message < MESSAGES; message++)
    server.app.broadcasters.lookup('/crowd').broadcast(`m${message};`);
  await server.stop();
  console.log('stopped');
});
console.log(`ready ${server.url}`);
