import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { limitReached, type App, type Timer } from '@ionosphere/core';
import { statusOf } from './status';

/** Ends calls of one message that are not whole in `bodySeconds`: many that never are would fill the memory. */
export function wholeInTime(app: App): ServerInterceptor {
  return ({ requestStream }, call) => {
    const { bodySeconds } = app.config;
    // The library asks for no more than the interface; a wrapper would be called for each message of a stream.
    if (requestStream || bodySeconds === 0) return call as ServerInterceptingCall;
    let late: Timer | undefined;
    return new ServerInterceptingCall(call, {
      start: (next) => {
        late = app.after(bodySeconds * 1000, () => call.sendStatus(statusOf(limitReached('bodySeconds'))));
        next({
          onReceiveHalfClose: (forward) => {
            late?.cancel();
            forward();
          },
          onCancel: () => late?.cancel(),
        });
      },
    });
  };
}
