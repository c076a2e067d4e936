import type { Endpoint } from '../service/endpoint';
import type { RoomOptions } from './room-manager';

/** The name of the room that the path of a `@RoomService` is: the values of its variables, or the path; else undefined. */
export function roomNameOf({ service, params, path }: Endpoint): string | undefined {
  if (!service.rooms.atPath) return undefined;
  return params.size > 0 ? [...params.values()].join('/') : path;
}

/** A room with a history outlives a page that is loaded again; one of an exact path stays, as the path does. */
export function pathRoomOptions({ service }: Endpoint): RoomOptions {
  const { maxHistory } = service.rooms;
  if (maxHistory === 0) return {};
  return { history: maxHistory, keepSeconds: service.template.exact ? Infinity : service.config.endpointIdleSeconds };
}
