import { Broadcaster } from '../broadcaster/broadcaster';
import type { SavedMembership } from '../log/durable-store';
import type { Subscription } from '../broadcaster/fanout';
import type { Resource } from '../resource/resource';
import type { RoomSignal } from './dialect';
import type { Room } from './room';
import type { RoomFilters } from './room-filters';

/**
 * What is said in a room goes out through one broadcaster for each dialect that somebody in it speaks, usually one.
 *
 * One broadcaster for all, with a text chosen per receiver, would be less to keep; but then every message would take the
 * slow way of those that are not the same for all: a call and a write of its own per receiver, where nothing is batched and
 * no native group is of use. So a text is made once per dialect, is what the log remembers, and takes the short way; that
 * of what a member says leaves the member out.
 */
export class RoomBroadcaster extends Broadcaster {
  #room: Room | undefined;
  #onRemoved: ((resource: Resource) => void) | undefined;

  /** The room that it is of. */
  get room(): Room {
    if (!this.#room) throw new Error(`${this.id} is of no room: prepare was not called`);
    return this.#room;
  }

  /** @param onRemoved called when a resource is no longer subscribed: it left, ended, or was resumed */
  prepare(room: Room, filters: RoomFilters, onRemoved: (resource: Resource) => void): void {
    this.#room = room;
    this.#onRemoved = onRemoved;
    // Filters of all broadcasters look at what is said, once, before it is put into the words of each dialect.
    this.filters.length = 0;
    if (filters.perReceiver) this.filters.push(filters);
    // Who is away when somebody types need not hear of it later.
    this.cacheInspectors.push({ inspect: (signal) => (signal as Partial<RoomSignal>).kind !== 'typing' });
  }

  override membershipOf(resource: Resource): SavedMembership | undefined {
    return this.#room?.membershipOf(resource);
  }

  override remove(subscription: Subscription): void {
    super.remove(subscription);
    this.#onRemoved?.(subscription.resource);
  }
}
