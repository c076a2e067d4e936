// Raw uWebSockets.js with clients that only listen: all that it does for them is a heartbeat, written to one after the other.
import type { HttpResponse, WebSocket } from 'uws-lts';
import { listen, nativeOfFramework } from './control';
import { HEARTBEAT_SECONDS, webSocketLimits } from './job';

const native = nativeOfFramework();
const app = native.App();
const sockets = new Set<WebSocket<unknown>>();
const readers = new Set<HttpResponse>();

app.ws('/idle', {
  ...webSocketLimits,
  open: (socket) => {
    socket.subscribe('idle');
    sockets.add(socket);
  },
  message: () => undefined,
  close: (socket) => void sockets.delete(socket),
});

app.get('/idle', (res) => {
  res.writeHeader('Content-Type', 'text/event-stream; charset=utf-8');
  res.writeHeader('Cache-Control', 'no-store');
  res.write(':\n\n');
  res.onAborted(() => void readers.delete(res));
  readers.add(res);
});

setInterval(() => {
  for (const socket of sockets) socket.send('X', false);
  for (const reader of readers) reader.cork(() => void reader.write('data:X\n\n'));
}, HEARTBEAT_SECONDS * 1000);

listen(native, app);
