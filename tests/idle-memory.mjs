// A server of the built packages whose heap is asked for: an empty line in, the bytes that live on it out. Needs --expose-gc.
import { createInterface } from 'node:readline';
import { ManagedService, serve, silentLogger } from '@ionosphere/server';

class Idle {}
ManagedService({ path: '/idle' })(Idle);

// All clients come from one address.
const limits = { maxConnectionsPerAddress: 0, handshakesPerSecond: 0 };
const server = await serve({ port: 0, host: '127.0.0.1', services: [Idle], limits, logger: silentLogger });
console.log(`ready ${server.url}`);

createInterface(process.stdin).on('line', () => {
  // Twice, because what finalizers let go of is found by the second.
  globalThis.gc();
  globalThis.gc();
  console.log(`heap ${process.memoryUsage().heapUsed} ${server.app.resources.size}`);
});
