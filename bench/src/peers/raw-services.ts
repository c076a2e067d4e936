// Raw uWebSockets.js with many routes.
import { cpuMicros, listen, nativeOfFramework } from './control';
import { argument, stamped, webSocketLimits } from './job';

const begun = cpuMicros();
const native = nativeOfFramework();
const imported = cpuMicros();
const app = native.App();

for (let index = 0; index < argument(0); index++)
  app.ws(`/service-${index}`, {
    ...webSocketLimits,
    message: (socket, data) => void socket.send(stamped(data), false),
  });

listen(native, app, { imports: imported - begun, serve: cpuMicros() - imported });
