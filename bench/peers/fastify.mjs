// Fastify with @fastify/websocket, as its README shows it.
import websocket from '@fastify/websocket';
import { fastify } from 'fastify';
import { serveBench, stamped } from './job.mjs';

const app = fastify();
await app.register(websocket);

function broadcast(text, except) {
  for (const client of app.websocketServer.clients)
    if (client !== except && client.readyState === client.OPEN) client.send(text);
}

const onMessage = (path, handle) =>
  app.get(path, { websocket: true }, (socket) => void socket.on('message', (data) => handle(socket, data)));

await app.register(async () => {
  onMessage('/echo', (socket, data) => socket.send(stamped(data)));
  onMessage('/fan', (_socket, data) => broadcast(stamped(data)));
  onMessage('/skip-self', (socket, data) => broadcast(stamped(data), socket));
  onMessage('/idle', () => undefined);
});

await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
serveBench(app.server.address().port);
