import { Failure } from '../errors';
import type { Interceptor, InterceptorContext, Next } from '../interceptors/interceptor';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import { isPromise, type MaybePromise } from '../time/settle';
import { ifAuthorized } from './room-authorizer';
import { pathRoomOptions, roomNameOf } from './room-path';

/** Lets whoever connects to the path of a `@RoomService` into its room. */
export class RoomPathInterceptor implements Interceptor {
  #context: InterceptorContext | undefined;

  init(context: InterceptorContext): void {
    context.rooms.checkThreads('A @RoomService is of no use');
    this.#context = context;
  }

  connect(request: Request, next: Next<Request, Resource>): MaybePromise<Resource> {
    const connected = next(request);
    return isPromise(connected) ? connected.then((resource) => this.#admit(resource)) : this.#admit(connected);
  }

  #admit(resource: Resource): MaybePromise<Resource> {
    const room = roomNameOf(resource.endpoint);
    const { rooms, logger } = this.#context ?? {};
    if (room === undefined || !rooms || !logger || rooms.find(room)?.contains(resource)) return resource;
    const enter = (): Resource => {
      rooms.enter(resource, room, { dialect: 'plain' }, pathRoomOptions(resource.endpoint));
      return resource;
    };
    try {
      const admitted = ifAuthorized({ resource, room, action: 'JOIN' }, logger, enter);
      return isPromise(admitted) ? admitted.then(undefined, (error: unknown) => refuse(resource, error)) : admitted;
    } catch (error) {
      return refuse(resource, error);
    }
  }
}

/** Whoever is refused should not wait to be forgotten; one that returns, and was in the room before, is left as it was. */
function refuse(resource: Resource, error: unknown): never {
  if (resource.state === 'connecting') resource.close();
  throw Failure.from(error);
}
