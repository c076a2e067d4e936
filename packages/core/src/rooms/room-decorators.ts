import { checkCalled } from '../declaration/decorator-targets';
import { ManagedService } from '../declaration/decorators';
import { DeclarationError } from '../errors';
import { metadataOf, type Class, type ServiceOptions } from '../declaration/metadata';
import type { ProvidedRoomAuthorizer } from './room-authorizer';

/** Attributes of `@RoomService`. */
export interface RoomServiceOptions extends ServiceOptions {
  /** How many messages the room keeps for those who join later. Default 0. */
  readonly maxHistory?: number;
}

/**
 * Makes a class a managed service whose path is a room. `/chat/{id}` is one room for each value, named by it; `/lobby` is one
 * room, named `/lobby`. Whoever connects is in the room; with a `RoomProtocolInterceptor`, whoever joins by a message.
 */
export function RoomService(options: RoomServiceOptions | string) {
  checkCalled('RoomService', options, `'/chat/{id}'`);
  const { maxHistory = 0, ...rest } = typeof options === 'string' ? { path: options } : options;
  return (service: Class): void => {
    metadataOf(service).room = { maxHistory };
    ManagedService(rest)(service);
  };
}

/** Names who decides, for this service, what clients may do in rooms: an object, or a class that the container makes. */
export function RoomAuth(authorizer: ProvidedRoomAuthorizer) {
  return (service: Class): void => {
    if ((authorizer as unknown) === undefined)
      throw new DeclarationError(`${service.name}: @RoomAuth was given undefined; do two modules import each other?`);
    metadataOf(service).roomAuthorizer = authorizer;
  };
}
