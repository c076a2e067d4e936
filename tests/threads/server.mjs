// A server whose services run in threads. Prints "ready <url>" when it listens; on SIGTERM it stops and says "stopped".
// Its arguments: the number of threads, and settings as JSON.
import 'reflect-metadata';
import { threadId, workerData } from 'node:worker_threads';
import {
  App,
  Broadcaster,
  Disconnect,
  ignore,
  ManagedService,
  Message,
  once,
  Ready,
  Resource,
  ResourceEvent,
  serve,
} from '@ionosphere/server';

/** What the TypeScript compiler makes of decorators. */
function declare(type, settings, methods) {
  for (const [name, decorator, types] of methods) {
    Reflect.defineMetadata('design:paramtypes', types, type.prototype, name);
    decorator(type.prototype, name);
  }
  ManagedService(settings)(type);
}

class Chat {
  onReady(resource, event) {
    console.log(`event ready ${resource.uuid} thread=${threadId} recovered=${event.recovered} gap=${event.gap}.`);
  }

  onMessage(text) {
    return text;
  }

  onDisconnect(event) {
    console.log(`event disconnect ${event.resource.uuid} thread=${threadId}.`);
  }
}
const config = { heartbeatSeconds: 0, recoverySeconds: 5, pollGraceSeconds: 5 };
declare(Chat, { path: '/chat/{room}', config }, [
  ['onReady', Ready(), [Resource, ResourceEvent]],
  ['onMessage', Message(), [String]],
  ['onDisconnect', Disconnect(), [ResourceEvent]],
]);

/** Says who has whom, and what the sender asks for. */
class Desk {
  onMessage(text, resource, broadcaster) {
    const [order, ...words] = text.split(' ');
    if (order === 'thread') resource.send(`thread ${threadId}`);
    else if (order === 'others') broadcaster.broadcast(words.join(' '), { except: resource });
    else if (order === 'some') broadcaster.broadcast(words.join(' '), { to: () => true });
    else if (order === 'throw')
      setTimeout(() => {
        throw new Error('A handler failed on purpose');
      });
    else if (order === 'exit') process.exit(3);
    else resource.send(`echo ${text}`);
  }
}
declare(Desk, { path: '/desk', config }, [['onMessage', Message(), [String, Resource, Broadcaster]]]);

/** What it adds to its own app is in each thread, as onInit is. */
class Adder {
  constructor(app) {
    this.app = app;
  }

  onInit() {
    this.app.add(Late);
    this.app.stream('/streamed', () => ({ in: ignore, out: once('streamed') }));
  }
}
Reflect.defineMetadata('design:paramtypes', [App], Adder);
declare(Adder, { path: '/adder' }, []);

class Late {
  onMessage(text) {
    return text;
  }
}
declare(Late, { path: '/late/{room}', config }, [['onMessage', Message(), [String]]]);

const server = await serve({
  port: 0,
  host: '127.0.0.1',
  services: [Chat, Desk, Adder],
  threads: Number(process.argv[2]),
  signals: [],
  routes: {
    'GET /thread': () => `${workerData.thread}`,
    // What this thread knows of one of its resources; a poll that broke is told from one that was answered.
    'GET /state': ({ query }, app) => {
      const { state, pollBroken } = app.resources.find(query.get('uuid')) ?? {};
      return `${pollBroken ? 'broken' : state}`;
    },
  },
  limits: { maxConnectionsPerAddress: 0, handshakesPerSecond: 0 },
  ...JSON.parse(process.argv[3] ?? '{}'),
});
process.once('SIGTERM', async () => {
  await server.stop();
  console.log('stopped');
});
process.once('SIGUSR2', () => process.exit(0));
console.log(`ready ${server.url} main=${threadId}`);
