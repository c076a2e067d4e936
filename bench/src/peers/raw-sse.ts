// Raw uWebSockets.js over SSE, done well: at the end of the turn one shared buffer, one cork per response.
import type { HttpResponse } from 'uws-lts';
import { listen, nativeOfFramework } from './control';
import { stamped, webSocketLimits } from './job';

const native = nativeOfFramework();
const app = native.App();
const readers = new Set<HttpResponse>();
let events: string[] = [];

function flush(): void {
  const chunk = Buffer.from(events.join(''));
  events = [];
  for (const reader of readers) reader.cork(() => void reader.write(chunk));
}

app.get('/fan', (res) => {
  res.writeHeader('Content-Type', 'text/event-stream; charset=utf-8');
  res.writeHeader('Cache-Control', 'no-store');
  res.write(':\n\n');
  res.onAborted(() => void readers.delete(res));
  readers.add(res);
});

app.ws('/fan', {
  ...webSocketLimits,
  open: (socket) => void socket.subscribe('fan'),
  message: (_socket, data) => {
    const json = stamped(data);
    app.publish('fan', json, false);
    if (events.push(`data:${json}\n\n`) === 1) setImmediate(flush);
  },
});

listen(native, app);
