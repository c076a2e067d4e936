import type { Delivery } from '../broadcaster/delivery';
import { checkSubscriptions } from '../limits/subscriptions';
import type { SavedMembership } from '../log/durable-store';
import type { RestoredPlace } from '../resource/subscription';
import type { Resource } from '../resource/resource';
import { Attendance } from './attendance';
import { dialects, speaking, type DialectName, type RoomSignal } from './dialect';
import type { RoomBroadcaster } from './room-broadcaster';
import { RoomHistory, type RoomMessage } from './room-history';
import type { Entry, PresenceEvent, PresenceListener, RoomHost } from './room-host';
import { anonymous, checkMember, type RoomMember } from './room-member';

/**
 * People who talk with each other. Whoever is away, within the time of recovery, is still in the room and gets what was
 * said when it is back. Made by `RoomManager`. A room that is gone has nobody in it: what is said there reaches nobody.
 */
export class Room {
  /** Name of the room's broadcaster; those of clients that speak the protocol of rooms have their dialect after it. */
  readonly id: string;
  readonly #host: RoomHost;
  readonly #attendance = new Attendance();
  readonly #broadcasters = new Map<DialectName, RoomBroadcaster>();
  readonly #history = new RoomHistory();
  #listeners: readonly PresenceListener[] = [];
  #destroyed = false;
  /** When the last one left, in milliseconds since the epoch. @internal */
  emptySince = 0;

  /** @internal Rooms are made by `RoomManager`. */
  constructor(
    readonly name: string,
    /** How long the room is kept when nobody is in it any more, in seconds. */
    readonly keepSeconds: number,
    host: RoomHost,
  ) {
    this.id = `/atmosphere/room/${name}`;
    this.#host = host;
  }

  /** Who is here, the first who came first. */
  get members(): RoomMember[] {
    return this.#attendance.members;
  }

  /** The resources by which they are here; a member may have several. */
  get resources(): Resource[] {
    return this.#attendance.resources;
  }

  /** How many members are here. */
  get size(): number {
    return this.#attendance.size;
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** The room was destroyed, or went away because nobody was in it. */
  get isDestroyed(): boolean {
    return this.#destroyed;
  }

  contains(resource: Resource): boolean {
    return this.#attendance.placeOf(resource) !== undefined;
  }

  /** Who a resource is in this room; undefined when it is not here. */
  memberOf(resource: Resource): RoomMember | undefined {
    return this.#attendance.memberOf(resource);
  }

  /** Told when a member comes by its first resource, and when it is gone with its last. Gives what ends that. */
  onPresence(listener: PresenceListener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => void (this.#listeners = this.#listeners.filter((known) => known !== listener));
  }

  /** Keeps the last messages for those who join later; 0 keeps none, as is the default. */
  enableHistory(messages: number): this {
    this.#history.limit = messages;
    return this;
  }

  /** The messages that are kept and have a greater number, the oldest first. */
  history(sinceId = 0): readonly RoomMessage[] {
    return this.#history.since(sinceId).messages;
  }

  /**
   * Lets a resource in. It gets what is broadcast as it is, without anything around it. Joining again changes who it is.
   * Throws `unknown-resource` when the resource is closed, or has no connection but the one request that it came with.
   *
   * @param member default: a random id
   */
  join(resource: Resource, member?: RoomMember): RoomMember {
    return this.enter(resource, { member, dialect: 'plain' });
  }

  /** @internal */
  enter(resource: Resource, { member: wanted, dialect, sinceId }: Entry): RoomMember {
    if (this.#destroyed)
      throw new Error(`The room "${this.name}" is gone; ask the RoomManager for it, each time or with keepSeconds`);
    this.#host.check(resource);
    const before = this.#attendance.placeOf(resource);
    if (before?.dialect !== dialect) checkSubscriptions(resource);
    const member = wanted ? checkMember(wanted) : (this.memberOf(resource) ?? anonymous());
    const { came, left } = this.#attendance.seat(resource, member, dialect);
    // Said before the newcomer is subscribed, so that it needs no exception to be left out.
    if (left) this.#say({ kind: 'presence', type: 'LEAVE', member: left }, resource);
    if (came) this.#say({ kind: 'presence', type: 'JOIN', member: came }, resource);
    if (before?.dialect !== dialect) resource.subscribe(this.#broadcaster(dialect));
    if (before && before.dialect !== dialect) resource.unsubscribe(this.#broadcaster(before.dialect));
    this.#welcome(resource, before !== undefined, sinceId);
    if (left) this.#tell('LEAVE', resource, left);
    if (came) this.#tell('JOIN', resource, came);
    return member;
  }

  /** What must be known to let a resource in again after a restart. @internal */
  membershipOf(resource: Resource): SavedMembership | undefined {
    const { dialect } = this.#attendance.placeOf(resource) ?? {};
    const member = this.memberOf(resource);
    if (!member || !dialect) return undefined;
    const keepSeconds = this.keepSeconds === Infinity ? null : this.keepSeconds;
    return { room: this.name, member, dialect, history: this.#history.limit, keepSeconds };
  }

  /** Gives a resource its place back. Nobody is told: it was here all the time. @internal */
  restore(resource: Resource, place: RestoredPlace, { member, dialect }: SavedMembership): void {
    this.#attendance.seat(resource, member, dialect);
    resource.durable.rejoin(this.#broadcaster(dialect), place);
  }

  /** Lets a resource go; tells whether it was here. */
  leave(resource: Resource): boolean {
    const place = this.#attendance.placeOf(resource);
    // The rest happens when the broadcaster says so, as it does however a resource comes to its end.
    if (place) resource.unsubscribe(this.#broadcaster(place.dialect));
    return place !== undefined;
  }

  /**
   * Says something to all who are here, and remembers it.
   *
   * @param options `except`: who does not get it. `from`: who said it, as the others are told. Default: the server, to all.
   */
  broadcast(message: unknown, options: { readonly except?: Resource; readonly from?: RoomMember } = {}): Delivery {
    const data = this.#host.filters.run(message, this.id);
    if (data === undefined || this.#destroyed) return this.#host.delivery(0);
    const { id, from } = this.#history.add(options.from, data, this.#host.now());
    return this.#host.delivery(this.#say({ kind: 'message', id, from, data }, options.except));
  }

  /**
   * Says something to one member alone, by its id, or by the uuid of one of its resources.
   *
   * @returns to how many resources: a member may have several. 0 when it is not here.
   */
  sendTo(message: unknown, target: string): number {
    const known = this.resourcesOf(target);
    const to = known.length > 0 ? known : this.resources.filter(({ uuid }) => uuid === target);
    return this.whisper(message, to, undefined);
  }

  /** Tells the others that somebody here is writing, or no longer. */
  typing(resource: Resource, typing = true): void {
    const from = this.memberOf(resource);
    if (from) this.#say({ kind: 'typing', from, typing }, resource);
  }

  /** The resources of a member. @internal */
  resourcesOf(memberId: string): readonly Resource[] {
    return this.#attendance.resourcesOf(memberId);
  }

  /** @internal */
  whisper(message: unknown, to: readonly Resource[], from: RoomMember | undefined): number {
    const data = this.#host.filters.run(message, this.id);
    if (data === undefined) return 0;
    for (const resource of to) this.#sendTo(resource, { kind: 'direct', from, data });
    return to.length;
  }

  /** Sends everyone away and forgets the room. Clients that speak the protocol of rooms are told. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#say({ kind: 'gone' });
    this.#destroyed = true;
    this.#host.forget(this);
    for (const resource of this.resources) this.leave(resource);
    for (const broadcaster of this.#broadcasters.values()) broadcaster.destroy();
  }

  /** What a newcomer is told before anything that is said from now on; one that was here before has it, unless it says not. */
  #welcome(resource: Resource, wasHere: boolean, sinceId: number | undefined): void {
    const { messages, gap } = this.#history.since(sinceId ?? 0);
    this.#sendTo(resource, { kind: 'joined', members: this.members, gap: sinceId !== undefined && gap });
    // Who is not told that it has joined need not know that there is a history either.
    if (this.#attendance.placeOf(resource)?.dialect === 'plain' || (wasHere && sinceId === undefined)) return;
    for (const { id, from, data } of messages) {
      const own = this.#host.filters.runFor(data, { broadcaster: this.id, original: data, resource });
      if (own !== undefined) this.#sendTo(resource, { kind: 'message', id, from, data: own });
    }
  }

  /** A resource is no longer subscribed to the broadcaster of a dialect. */
  #removed(resource: Resource, dialect: DialectName): void {
    const place = this.#attendance.placeOf(resource);
    // It may have only changed the dialect.
    if (place?.dialect !== dialect) return;
    const left = this.#attendance.remove(place);
    if (left) {
      // When all must go, telling each of each would be the work of minutes in a large room.
      if (!this.#host.stopping && !this.#destroyed) this.#say({ kind: 'presence', type: 'LEAVE', member: left });
      this.#tell('LEAVE', resource, left);
    }
    if (this.isEmpty && !this.#destroyed) this.#host.emptied(this);
  }

  #tell(type: PresenceEvent['type'], resource: Resource, member: RoomMember): void {
    this.#host.tell(this.#listeners, { type, room: this, resource, member });
  }

  #sendTo(resource: Resource, signal: RoomSignal): void {
    const { dialect } = this.#attendance.placeOf(resource) ?? {};
    const encode = dialect && speaking(dialects[dialect], this.name, signal.kind);
    if (encode) resource.send(signal, encode);
  }

  /** Gives to how many. */
  #say(signal: RoomSignal, except?: Resource): number {
    let receivers = 0;
    for (const [dialect, broadcaster] of this.#broadcasters) {
      const encode = speaking(dialects[dialect], this.name, signal.kind);
      if (!encode || broadcaster.size === 0) continue;
      receivers += broadcaster.broadcast(signal, { encode, ...(except && { except }) }).receivers;
    }
    return receivers;
  }

  #broadcaster(dialect: DialectName): RoomBroadcaster {
    let broadcaster = this.#broadcasters.get(dialect);
    if (!broadcaster) {
      const id = dialect === 'plain' ? this.id : `${this.id}#${dialect}`;
      broadcaster = this.#host.open(this, id, (resource) => this.#removed(resource, dialect));
      this.#broadcasters.set(dialect, broadcaster);
    }
    return broadcaster;
  }
}
