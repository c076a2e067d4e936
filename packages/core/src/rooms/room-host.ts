import type { Delivery } from '../broadcaster/delivery';
import type { Resource } from '../resource/resource';
import type { DialectName } from './dialect';
import type { Room } from './room';
import type { RoomBroadcaster } from './room-broadcaster';
import type { RoomFilters } from './room-filters';
import type { RoomMember } from './room-member';

/** Somebody came into a room, or is in it no longer. */
export interface PresenceEvent {
  readonly type: 'JOIN' | 'LEAVE';
  readonly room: Room;
  /** By which the member came, or the last by which it was there. */
  readonly resource: Resource;
  readonly member: RoomMember;
}

/** Told of presence; what it throws is logged. */
export type PresenceListener = (event: PresenceEvent) => void;

/** What a room needs of its manager. @internal */
export interface RoomHost {
  readonly filters: RoomFilters;
  readonly stopping: boolean;
  now(): number;
  /** Makes a broadcaster of the room. */
  open(room: Room, id: string, onRemoved: (resource: Resource) => void): RoomBroadcaster;
  /** Throws `unknown-resource` when it is closed, or is there for one request only: nothing would end its membership. */
  check(resource: Resource): void;
  /** Tells the listeners of the room, and those of all rooms. */
  tell(listeners: readonly PresenceListener[], event: PresenceEvent): void;
  delivery(receivers: number): Delivery;
  /** Nobody is in the room. */
  emptied(room: Room): void;
  forget(room: Room): void;
}

/** How somebody joins over the wire. @internal */
export interface Entry {
  readonly member?: RoomMember | undefined;
  readonly dialect: DialectName;
  /** Number of the last message that it has; undefined when it has none. */
  readonly sinceId?: number | undefined;
}
