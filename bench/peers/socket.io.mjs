// socket.io, over its own engine, or attached to uWebSockets.js.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import {
  argument,
  hasRooms,
  HEARTBEAT_SECONDS,
  listen,
  nativeOfFramework,
  roomNames,
  RoomPlan,
  serveBench,
  stamp,
} from './job.mjs';

const io = new Server({ pingInterval: HEARTBEAT_SECONDS * 1000 });
const names = hasRooms ? roomNames(argument(0)) : [];
const plan = hasRooms ? new RoomPlan(argument(0), argument(1), argument(2)) : undefined;

io.on('connection', (socket) => {
  if (plan && socket.handshake.query.publish === undefined) void socket.join(plan.admit().map((room) => names[room]));
  socket.on('echo', (message) => socket.emit('message', stamp(message)));
  socket.on('fan', (message) => io.emit('message', stamp(message)));
  socket.on('skip-self', (message) => socket.broadcast.emit('message', stamp(message)));
  socket.on('rooms', (message) => plan.eachNext((room) => io.to(names[room]).emit('message', stamp(message))));
});

if (process.argv[2 + (hasRooms ? 3 : 0)] === 'uws') {
  const native = nativeOfFramework();
  const app = native.App();
  io.attachApp(app);
  app.listen('127.0.0.1', 0, (socket) => serveBench(native.us_socket_local_port(socket)));
} else {
  const server = createServer();
  io.attach(server);
  listen(server);
}
