// Raw uWebSockets.js over WebSocket, SSE, streaming and long-polling, in one conversation; each done as well as by itself.
import { listen, nativeOfFramework } from './control';
import { lengthPrefixed, stamped, webSocketLimits } from './job';
import { RawPolls } from './raw-polls';
import { RawReaders } from './raw-readers';

const native = nativeOfFramework();
const app = native.App();
const events = new RawReaders('text/event-stream');
const streams = new RawReaders('text/plain');
const polls = new RawPolls();

app.get('/sse', (res) => events.admit(res, ':\n\n'));
app.get('/stream', (res) => streams.admit(res, ' '));
app.get('/polls', (res, req) => polls.admit(res, req));

app.ws('/mixed', {
  ...webSocketLimits,
  open: (socket) => void socket.subscribe('mixed'),
  message: (_socket, data) => {
    const framed = lengthPrefixed(stamped(data));
    app.publish('mixed', framed, false);
    events.send(`data:${framed}\n\n`);
    streams.send(framed);
    polls.send(framed);
  },
});

app.ws('/events', {
  ...webSocketLimits,
  message: (_socket, data) => events.send(`data:${stamped(data)}\n\n`),
});

app.ws('/messages', {
  ...webSocketLimits,
  message: (_socket, data) => polls.send(lengthPrefixed(stamped(data))),
});

listen(native, app);
