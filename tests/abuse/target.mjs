// The server that is attacked, in a process of its own, so that its memory can be told. Prints "ready <url>".
// GET /-/memory collects garbage and says how much is left.
import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  DeliverTo,
  ManagedService,
  Message,
  RoomProtocolInterceptor,
  serve,
  silentLogger,
  WebSocketHandlerService,
} from '@ionosphere/server';
import { IsString, Length } from 'class-validator';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** What the TypeScript compiler makes of a method with @Message, and with @DeliverTo unless it is for all. */
function message(service, type, target) {
  Reflect.defineMetadata('design:paramtypes', [type], service.prototype, 'onMessage');
  if (target) DeliverTo(target)(service.prototype, 'onMessage');
  Message()(service.prototype, 'onMessage');
}

class Echo {
  onMessage(text) {
    return text;
  }
}
message(Echo, String, 'RESOURCE');
ManagedService({ path: '/echo', config: { compression: true } })(Echo);

class Room {
  onMessage(text) {
    return text;
  }
}
message(Room, String);
ManagedService({ path: '/room/{room}', interceptors: [new RoomProtocolInterceptor({ maxRooms: 100 })] })(Room);

class Line {}
IsString()(Line.prototype, 'author');
Length(1, 40)(Line.prototype, 'author');

class Chat {
  onMessage(line) {
    return line;
  }
}
message(Chat, Line, 'RESOURCE');
ManagedService('/chat')(Chat);

class Raw {
  onTextMessage(webSocket, text) {
    webSocket.write(text);
  }

  onBinaryMessage(webSocket, bytes) {
    webSocket.write(bytes);
  }
}
WebSocketHandlerService({ path: '/raw', config: { compression: true } })(Raw);

const server = await serve({
  port: 0,
  host: '127.0.0.1',
  services: [Echo, Room, Chat, Raw],
  logger: silentLogger,
  // Short, so that what is to go has gone before it is counted.
  // Only what a message may be: the others would end the floods that are to be measured.
  limits: {
    maxMessageBytes: 64 * 1024,
    maxConnections: 0,
    maxConnectionsPerAddress: 0,
    handshakesPerSecond: 0,
    rateLimitMessages: 0,
  },
  config: {
    recoverySeconds: 0.2,
    pollGraceSeconds: 0.2,
    connectSeconds: 0.2,
    endpointIdleSeconds: 0.2,
    logSeconds: 1,
    logSweepSeconds: 1,
  },
  routes: {
    'GET /-/memory': () => {
      gc();
      gc();
      const { heapUsed, external, rss } = process.memoryUsage();
      const { resources, broadcasters } = server.app;
      return { used: heapUsed + external, rss, resources: resources.size, broadcasters: broadcasters.all().length };
    },
  },
});
console.log(`ready ${server.url}`);
