// Raw uWebSockets.js over WebSocket: echo, and fan-out by its own publish.
import { listen, nativeOfFramework } from './control';
import { lengthPrefixed, stamped, webSocketLimits } from './job';

const native = nativeOfFramework();
const app = native.App();

app.ws('/echo', {
  ...webSocketLimits,
  message: (socket, data) => void socket.send(stamped(data), false),
});

app.ws('/fan', {
  ...webSocketLimits,
  open: (socket) => void socket.subscribe('fan'),
  message: (_socket, data) => void app.publish('fan', stamped(data), false),
});

app.ws('/fan-framed', {
  ...webSocketLimits,
  open: (socket) => void socket.subscribe('framed'),
  message: (_socket, data) => void app.publish('framed', lengthPrefixed(stamped(data)), false),
});

app.ws('/skip-self', {
  ...webSocketLimits,
  open: (socket) => void socket.subscribe('framed'),
  message: (socket, data) => void socket.publish('framed', lengthPrefixed(stamped(data)), false),
});

listen(native, app);
