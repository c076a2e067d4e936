import type { Arrival, Interceptor, Next } from '../interceptors/interceptor';
import type { Failure } from '../errors';
import type { Resource } from '../resource/resource';

/** What an interceptor does around methods, blind to the messages of WebSockets. */
export function notOnWebSocket(interceptor: Interceptor): Pick<Interceptor, 'arrival' | 'inbound' | 'event'> {
  return {
    ...(interceptor.event && { event: interceptor.event.bind(interceptor) }),
    ...(interceptor.arrival && {
      arrival: (arrival, next) =>
        isWebSocket(arrival.resource) ? next(arrival) : interceptor.arrival?.(arrival, next),
    }),
    ...(interceptor.inbound && {
      inbound: (call, next) => (isWebSocket(call.resource) ? next(call) : interceptor.inbound?.(call, next)),
    }),
  };
}

/** What becomes of a message when the interceptors let it pass: the service handles it, but for `EchoProtocol`. */
export const handle: Next<Arrival, Failure | undefined> = ({ resource, payload }) =>
  resource.endpoint.message(resource, payload);

/** Broadcasts the messages of WebSockets as they are. */
export const echo: Next<Arrival, Failure | undefined> = (arrival) => {
  if (!isWebSocket(arrival.resource)) return handle(arrival);
  arrival.resource.broadcaster.broadcast(arrival.payload);
  return undefined;
};

function isWebSocket({ transport }: Resource): boolean {
  return transport === 'websocket';
}
