import type { Declaration } from '../declaration/declaration';
import { DeclarationError } from '../errors';
import type { Interceptor } from '../interceptors/interceptor';
import type { Provided } from '../declaration/metadata';
import type { RoomAuthorizer } from './room-authorizer';
import { RoomPathInterceptor } from './room-path-interceptor';
import { RoomProtocolInterceptor } from './room-protocol-interceptor';

/** What a service has to do with rooms. */
export interface ServiceRooms {
  /** `@RoomService`: its path is a room. */
  readonly atPath: boolean;
  readonly maxHistory: number;
  readonly authorizer: RoomAuthorizer | undefined;
}

/** Binds what `@RoomService` and `@RoomAuth` said. */
export function bindRooms(
  { type, room, roomAuthorizer }: Declaration,
  interceptors: readonly Interceptor[],
  provide: <T>(provided: Provided<T>) => T,
): { readonly rooms: ServiceRooms; readonly interceptors: readonly Interceptor[] } {
  const speaks = interceptors.some((interceptor) => interceptor instanceof RoomProtocolInterceptor);
  if (roomAuthorizer && !room && !speaks)
    throw new DeclarationError(
      `${type.name}: @RoomAuth is of no use without rooms; make it a @RoomService, or give it a RoomProtocolInterceptor`,
    );
  const maxHistory = room?.maxHistory ?? 0;
  if (!Number.isInteger(maxHistory) || maxHistory < 0)
    throw new DeclarationError(`${type.name}: maxHistory is ${maxHistory}; it must be a whole number from 0`);
  const rooms = { atPath: room !== undefined, maxHistory, authorizer: roomAuthorizer && provide(roomAuthorizer) };
  if (rooms.authorizer && typeof rooms.authorizer.authorize !== 'function')
    throw new DeclarationError(`${type.name}: what @RoomAuth names has no method authorize`);
  // Clients that speak of rooms say themselves when they join, and as whom.
  const joins = room && !speaks ? [new RoomPathInterceptor()] : [];
  return { rooms, interceptors: [...interceptors, ...joins] };
}
