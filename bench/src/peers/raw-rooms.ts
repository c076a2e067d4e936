// Raw uWebSockets.js with many topics. One message from the publisher is published to many of them.
import { listen, nativeOfFramework } from './control';
import { argument, read, webSocketLimits, written } from './job';
import { roomNames, RoomPlan } from './room-plan';

const native = nativeOfFramework();
const app = native.App();
const names = roomNames(argument(0));
const plan = new RoomPlan(argument(0), argument(1), argument(2));

app.ws('/rooms', {
  ...webSocketLimits,
  open: (socket) => {
    for (const room of plan.admit()) socket.subscribe(names[room] as string);
  },
  message: () => undefined,
});

app.ws('/publish', {
  ...webSocketLimits,
  message: (_socket, data) => {
    const message = read(data);
    plan.eachNext((room) => void app.publish(names[room] as string, written(message), false));
  },
});

listen(native, app);
