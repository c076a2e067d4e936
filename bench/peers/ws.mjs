// ws, with the broadcast and the heartbeat of its README.
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { argument, hasRooms, HEARTBEAT_SECONDS, listen, roomNames, RoomPlan, stamp, stamped } from './job.mjs';

const server = createServer();
const wss = new WebSocketServer({ server });

function broadcast(clients, text, except) {
  for (const client of clients) if (client !== except && client.readyState === WebSocket.OPEN) client.send(text);
}

const jobs = {
  '/echo': (socket) => socket.on('message', (data) => socket.send(stamped(data))),
  '/fan': (socket) => socket.on('message', (data) => broadcast(wss.clients, stamped(data))),
  '/skip-self': (socket) => socket.on('message', (data) => broadcast(wss.clients, stamped(data), socket)),
  '/idle': (socket) => {
    socket.isAlive = true;
    socket.on('pong', () => (socket.isAlive = true));
  },
  ...(hasRooms && withRooms()),
};

function withRooms() {
  const plan = new RoomPlan(argument(0), argument(1), argument(2));
  const rooms = roomNames(argument(0)).map(() => new Set());
  return {
    '/rooms': (socket) => {
      const own = plan.admit();
      for (const room of own) rooms[room].add(socket);
      socket.on('close', () => own.forEach((room) => rooms[room].delete(socket)));
    },
    '/publish': (socket) =>
      socket.on('message', (data) => {
        const message = JSON.parse(data.toString());
        plan.eachNext((room) => broadcast(rooms[room], JSON.stringify(stamp(message))));
      }),
  };
}

wss.on('connection', (socket, { url }) => {
  socket.on('error', () => socket.terminate());
  jobs[url](socket);
});

setInterval(() => {
  for (const socket of wss.clients) {
    if (socket.isAlive === undefined) continue;
    if (!socket.isAlive) socket.terminate();
    socket.isAlive = false;
    socket.ping();
  }
}, HEARTBEAT_SECONDS * 1000);

listen(server);
