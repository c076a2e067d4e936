import type { BroadcasterFactory } from '../broadcaster/broadcaster-factory';
import type { Context } from '../resource/context';
import { Delivery } from '../broadcaster/delivery';
import type { SavedMembership } from '../log/durable-store';
import type { RestoredPlace } from '../resource/subscription';
import { Failure } from '../errors';
import { checkSubscriptions } from '../limits/subscriptions';
import type { Resource } from '../resource/resource';
import type { ResourceFactory } from '../resource/resource-factory';
import { refuseThreads } from '../broadcaster/siblings';
import { Room } from './room';
import { RoomBroadcaster } from './room-broadcaster';
import { RoomFilters } from './room-filters';
import type { Entry, PresenceEvent, PresenceListener, RoomHost } from './room-host';
import { checkRoomName, type RoomMember } from './room-member';

/** How a room is made. */
export interface RoomOptions {
  /** How many messages are kept for those who join later. Default 0. */
  readonly history?: number;
  /** How long the room is kept when nobody is in it any more, in seconds; `Infinity` for good. Default 0. */
  readonly keepSeconds?: number;
}

/** What rooms are built on. @internal */
export interface RoomManagerParts {
  readonly context: Context;
  readonly broadcasters: BroadcasterFactory;
  readonly resources: ResourceFactory;
}

/**
 * All rooms of an app, by name; ask for it in the constructor of a service, or use `app.rooms`. A room that everybody has
 * left goes away, and its history with it, unless it was made to be kept.
 */
export class RoomManager {
  readonly #parts: RoomManagerParts;
  readonly #rooms = new Map<string, Room>();
  readonly #host: RoomHost;
  #listeners: readonly PresenceListener[] = [];

  /** @internal */
  constructor(parts: RoomManagerParts) {
    this.#parts = parts;
    this.#host = this.#makeHost(parts);
  }

  /**
   * The room of that name; made when there is none. Throws `invalid-message` when no room may be called that.
   *
   * @param options for a room that is made
   */
  room(name: string, options: RoomOptions = {}): Room {
    this.checkThreads(`There can be no room "${name}"`);
    return this.#rooms.get(name) ?? this.#make(checkRoomName(name), options);
  }

  /** The room of that name, if there is one. */
  find(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  exists(name: string): boolean {
    return this.#rooms.has(name);
  }

  all(): Room[] {
    return [...this.#rooms.values()];
  }

  get count(): number {
    return this.#rooms.size;
  }

  /** The rooms that a resource is in. */
  of(resource: Resource): Room[] {
    return resource.broadcasters.flatMap((broadcaster) =>
      broadcaster instanceof RoomBroadcaster ? [broadcaster.room] : [],
    );
  }

  /** Sends everyone away from a room and forgets it; tells whether there was one. */
  destroy(name: string): boolean {
    const room = this.#rooms.get(name);
    room?.destroy();
    return room !== undefined;
  }

  destroyAll(): void {
    for (const room of this.all()) room.destroy();
  }

  /** Told of presence in all rooms, those included that do not exist yet. Gives what ends that. */
  onPresence(listener: PresenceListener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => void (this.#listeners = this.#listeners.filter((known) => known !== listener));
  }

  /** Throws when other threads run the same services. @internal */
  checkThreads(what: string): void {
    const mend = 'each of them would know members of its own only; use broadcasters, or one thread';
    refuseThreads(this.#parts.context.siblings, what, mend);
  }

  /** Lets a resource into a room, which is not made when it must stay outside. @internal */
  enter(resource: Resource, name: string, entry: Entry, options: RoomOptions): RoomMember {
    this.#host.check(resource);
    if (!this.#rooms.has(name)) checkSubscriptions(resource);
    return this.room(name, options).enter(resource, entry);
  }

  /** Lets a resource into a room again that it was in in an earlier run of the server. @internal */
  restore(resource: Resource, place: RestoredPlace, membership: SavedMembership): void {
    const { room, history, keepSeconds } = membership;
    this.room(room, { history, keepSeconds: keepSeconds ?? Infinity }).restore(resource, place, membership);
  }

  #make(name: string, { history = 0, keepSeconds = 0 }: RoomOptions): Room {
    if (!(keepSeconds >= 0)) throw new RangeError(`A room can't be kept for ${keepSeconds} seconds`);
    const room = new Room(name, keepSeconds, this.#host).enableHistory(history);
    this.#rooms.set(name, room);
    return room;
  }

  #makeHost({ context, broadcasters, resources }: RoomManagerParts): RoomHost {
    const roomFilters = new RoomFilters(broadcasters.filters, context.logger);
    return {
      filters: roomFilters,
      get stopping() {
        return context.stopping;
      },
      now: context.now,
      open: (room, id, onRemoved) => {
        const broadcaster = broadcasters.create(id, RoomBroadcaster);
        broadcaster.prepare(room, roomFilters, onRemoved);
        return broadcaster;
      },
      check: (resource) => {
        if (resources.find(resource.uuid) !== resource)
          throw new Failure(
            'unknown-resource',
            'Only who is connected, and says so by its tracking id, can join a room.',
          );
      },
      tell: (listeners, event) => this.#tell([...listeners, ...this.#listeners], event),
      delivery: (receivers) => new Delivery(receivers, context.outflow),
      emptied: (room) => this.#emptied(room),
      forget: (room) => {
        if (this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
      },
    };
  }

  #emptied(room: Room): void {
    const { keepSeconds } = room;
    if (keepSeconds === 0) return room.destroy();
    if (keepSeconds === Infinity) return;
    const { timers, now } = this.#parts.context;
    const since = now();
    room.emptySince = since;
    timers.after(keepSeconds * 1000, () => {
      if (room.isEmpty && room.emptySince === since) room.destroy();
    });
  }

  #tell(listeners: readonly PresenceListener[], event: PresenceEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (cause) {
        this.#parts.context.logger.error('A presence listener failed', { room: event.room.name, cause });
      }
    }
  }
}
