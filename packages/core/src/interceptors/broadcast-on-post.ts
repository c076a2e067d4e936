import type { Failure } from '../errors';
import type { Arrival, Interceptor } from './interceptor';
import type { MaybePromise } from '../time/settle';

/**
 * Broadcasts every message on the path of its service as it came, whatever the transport: the service needs no `@Message`,
 * and one that it has is not called. Interceptors after it see no messages.
 */
export class BroadcastOnPostInterceptor implements Interceptor {
  arrival({ resource, payload }: Arrival): MaybePromise<Failure | undefined> {
    resource.broadcaster.broadcast(payload);
    return undefined;
  }
}
