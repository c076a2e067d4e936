import type { Payload } from '@ionosphere/protocol';
import { askAll, type BroadcasterListener } from './broadcaster-listener';
import type { BroadcasterParts, BroadcastOptions, SharedParts } from './broadcaster-parts';
import { encodeValue } from '../codec/codec';
import type { Decisions } from './decisions';
import { Delivery } from './delivery';
import type { SavedMembership } from '../log/durable-store';
import { audienceOf, everybody, type Condition } from './audience';
import { checkCrossing, entryOf, sendTo, wantedBy } from './publishing';
import { Fanout, type Subscription } from './fanout';
import type { Filter } from '../filters/filter';
import { Filtering, pass, payloadOf, type Outgoing } from './filtering';
import { LifeCycle, type LifeCycleListener, type LifeCyclePolicy } from './life-cycle';
import { limitReached } from '../limits/limits';
import type { CacheInspector, LogEntry, MessageLog } from '../log/message-log';
import type { Resource } from '../resource/resource';
import { Schedule, type Scheduled } from './schedule';
import type { Crossed } from './siblings';
import type { Coalescing } from '../resource/slow-clients';

export type { BroadcasterClass, BroadcasterParts, BroadcastOptions } from './broadcaster-parts';

/** What happens when a broadcaster has as many resources as it may: the oldest is resumed, or the newcomer is refused. */
export type SuspendPolicy = 'FIFO' | 'REJECT';

const none: readonly never[] = [];
const toAll: BroadcastOptions = {};

/**
 * A named topic. A message that is broadcast passes the filters, is encoded once, is appended to the log, and is
 * delivered. A resource that is away costs nothing; it reads the log when it is back.
 */
export class Broadcaster {
  /** What a message is about, for slow clients that get the newest of each thing only; see `coalesce`. @internal */
  keyOf: Coalescing['keyOf'] | undefined;
  // There may be a hundred thousand, and the next is in no cache: what all have is shared, what few need is made for those.
  readonly #shared: SharedParts;
  readonly #log: MessageLog;
  readonly #fanout: Fanout;
  #filtering: Filtering | undefined;
  #inspectors: CacheInspector[] | undefined;
  #schedule: Schedule | undefined;
  #lifeCycle: LifeCycle | undefined;
  #listeners: readonly BroadcasterListener[] = none;
  #suspendPolicy: { readonly max: number; readonly policy: SuspendPolicy } | undefined;
  #lastBroadcast = 0;
  #destroyed = false;

  constructor(
    /** Name; for a service's own broadcaster, the concrete path. */
    readonly id: string,
    { log, shared }: BroadcasterParts,
  ) {
    this.#shared = shared;
    this.#log = log;
    this.#fanout = new Fanout(id, log, shared);
  }

  /** Filters that every message passes, in order. */
  get filters(): Filter[] {
    return this.#filters.filters;
  }

  /** Asked whether a message is remembered for those who are away; one `false` keeps it out of the log. */
  get cacheInspectors(): CacheInspector[] {
    return (this.#inspectors ??= []);
  }

  /** How many resources are subscribed, those that are away included. */
  get size(): number {
    return this.#fanout.size;
  }

  /** The resources that are subscribed, those that are away included, the oldest first. */
  get resources(): Resource[] {
    return this.#fanout.resources;
  }

  /** When a message was last broadcast, in milliseconds since the epoch; 0 if never. */
  get lastBroadcast(): number {
    return this.#lastBroadcast;
  }

  get isDestroyed(): boolean {
    return this.#destroyed;
  }

  get log(): MessageLog {
    return this.#log;
  }

  /** @internal */
  get fanout(): Fanout {
    return this.#fanout;
  }

  /** Itself; once it was destroyed, the one that has its name now, come to life for it. @internal */
  get current(): Broadcaster {
    if (!this.#destroyed) return this;
    const holder = this.#shared.revive(this);
    if (holder !== this) return holder.current;
    this.#destroyed = false;
    this.#lifeCycle?.begin();
    return this;
  }

  /**
   * Sends a value to every subscriber, or to those that `to` names. Resources that are away get it when they come back.
   * A function is called for the value. Nothing is sent when the value, or what the filters leave of it, is undefined or
   * null. A broadcaster that was destroyed comes to life again, without its subscribers.
   */
  broadcast(value: unknown, options: BroadcastOptions = toAll): Delivery {
    if (this.#destroyed && this.current !== this) return this.current.broadcast(value, options);
    if (this.#schedule?.held) for (const held of this.#schedule.release()) this.#broadcast(held, toAll);
    return this.#broadcast(value, options);
  }

  #broadcast(value: unknown, options: BroadcastOptions): Delivery {
    const { outflow, siblings, now, listeners } = this.#shared;
    const outgoing = pass(this.#filtering, value, options.encode ?? encodeValue);
    if (!outgoing) return new Delivery(0, outflow);
    this.#lastBroadcast = now();
    const { to, left } = options === toAll ? everybody : audienceOf(options);
    const isNamed = to !== undefined && typeof to !== 'function';
    if (siblings && !isNamed) checkCrossing(this, siblings, options, this.#filtering);
    const delivery = isNamed
      ? new Delivery(sendTo(to, outgoing, this.#filtering, this.id), outflow)
      : this.#publish(outgoing, to, left);
    if (this.#listeners.length > 0 || listeners.length > 0) this.#completed(outgoing.message, delivery);
    return delivery;
  }

  #publish(outgoing: Outgoing, to: Condition | undefined, left: Resource | undefined): Delivery {
    const { message } = outgoing;
    const { siblings, nextSequence, outflow } = this.#shared;
    const wanted = to && this.#filters.safely(to);
    const payload = payloadOf(outgoing, this.id);
    const view = this.#filtering?.view(outgoing, wanted, left?.uuid);
    if (this.#fanout.isWatched) this.#fanout.announce(message, wantedBy(left, wanted));
    const chosen = wanted && this.resources.filter(wanted);
    const remembered = this.#remembers(message);
    const own = left?.out.owed.find(this);
    const receivers = chosen ? chosen.length : this.size - Number(own !== undefined);
    const decisions = this.#fanout.prepare(payload.length, view);
    const [topic, at, key] = [this.id, this.#lastBroadcast, this.keyOf && this.#filters.keyOf(this.keyOf, message)];
    // First, so that what others sent before it comes before it here, too.
    siblings?.cross({ act: 'broadcast', id: topic, payload, at, key, remembered });
    const sequence = nextSequence();
    const named = chosen && this.#log.durable ? this.#filters.named(this.resources, chosen) : undefined;
    const entry = entryOf({ payload, sequence, at, topic }, key, left, view, named);
    this.#deliver(entry, remembered, own, decisions);
    return new Delivery(receivers, outflow);
  }

  #remembers(message: unknown): boolean {
    return this.#log.remembers !== false && (this.#inspectors?.every((one) => one.inspect(message)) ?? true);
  }

  #deliver(entry: LogEntry, remembered: boolean, left?: Subscription, decisions?: Decisions): void {
    if (!remembered) return this.#fanout.deliverOnce(entry, left, decisions);
    // Who decided who gets it may have ended this.
    if (!this.#destroyed) this.#log.append(entry);
    this.#fanout.deliver(entry, left, decisions);
  }

  /** It happened in another thread. @internal */
  receive(crossed: Crossed): void {
    if (!('payload' in crossed)) return void (crossed.act === 'destroy' ? this.destroyHere() : this.resumeHere());
    const { payload, at, key, remembered } = crossed;
    if (crossed.act === 'broadcastOnResume') return this.resources.forEach((one) => one.sendOnResume(payload));
    this.#lastBroadcast = at;
    this.#fanout.prepare(payload.length);
    this.#deliver({ payload, sequence: this.#shared.nextSequence(), at, topic: this.id, key }, remembered);
    // Last, because who is told may broadcast, and that comes after it. What it was before it was encoded is not known here.
    this.#fanout.announce(payload, undefined);
  }

  /** Writes all that waits for the end of the turn now. For broadcasters that do not wait. */
  protected flush(): void {
    this.#shared.outflow.flush();
  }

  /** Keeps a value until the next broadcast, which it goes before. */
  delayBroadcast(value: unknown): undefined;
  /** Broadcasts a value, once, after a number of milliseconds. */
  delayBroadcast(value: unknown, millis: number): Scheduled;
  delayBroadcast(value: unknown, millis?: number): Scheduled | undefined {
    if (millis !== undefined) return this.#schedules.once(value, millis);
    this.#schedules.hold(value);
    return undefined;
  }

  /**
   * Broadcasts a value again and again. A function is called each time.
   *
   * @param first milliseconds to the first broadcast. Default: `period`.
   */
  scheduleFixedBroadcast(value: unknown, period: number, first: number = period): Scheduled {
    return this.#schedules.every(value, period, first);
  }

  /** Broadcasts a value as soon as somebody is subscribed, or after a number of milliseconds all the same. */
  awaitAndBroadcast(value: unknown, millis: number): Scheduled {
    return this.#schedules.when(() => this.size > 0, value, millis);
  }

  /** Each resource that is subscribed now gets the value, as the filters leave it, when it is resumed, or connects again. */
  broadcastOnResume(value: unknown, encode: (value: unknown) => Payload = encodeValue): void {
    const outgoing = pass(this.#filtering, value, encode);
    if (!outgoing) return;
    const payload = payloadOf(outgoing, this.id);
    const { siblings, now } = this.#shared;
    if (siblings) checkCrossing(this, siblings, {}, this.#filtering);
    siblings?.cross({ act: 'broadcastOnResume', id: this.id, payload, at: now(), remembered: true });
    const view = this.#filtering?.view(outgoing);
    for (const resource of this.resources) {
      const own = view ? view(resource) : payload;
      if (own !== undefined) resource.sendOnResume(own);
    }
  }

  /** Resumes every resource that is subscribed. */
  resumeAll(): void {
    this.#shared.siblings?.cross({ act: 'resumeAll', id: this.id });
    this.resumeHere();
  }

  /** Resumes those of this thread. @internal */
  resumeHere(): void {
    for (const resource of this.resources) resource.resume();
  }

  /** How many resources may be subscribed, and what happens to one too many. Default: any number. */
  setSuspendPolicy(max: number, policy: SuspendPolicy = 'FIFO'): void {
    this.#suspendPolicy = max < 0 ? undefined : { max, policy };
  }

  /** What happens when nobody is subscribed, or nothing is broadcast, for a while. Default: `NEVER`, nothing. */
  setLifeCyclePolicy(policy: LifeCyclePolicy, idleSeconds?: number): void {
    this.#life.set(policy, idleSeconds);
  }

  addLifeCycleListener(listener: LifeCycleListener): void {
    this.#life.add(listener);
  }

  addListener(listener: BroadcasterListener): void {
    this.#listeners = [...this.#listeners, listener];
  }

  removeListener(listener: BroadcasterListener): void {
    this.#listeners = this.#listeners.filter((known) => known !== listener);
  }

  /** Unsubscribes all and forgets the log, unless a listener objects; tells whether it did. */
  destroy(): boolean {
    this.#shared.siblings?.cross({ act: 'destroy', id: this.id });
    return this.destroyHere();
  }

  /** Ends what there is of it in this thread. @internal */
  destroyHere(): boolean {
    if (this.#destroyed) return true;
    if (!this.#everyListener((listener) => listener.onPreDestroy?.(this) !== false)) return false;
    // First, because those who are unsubscribed below may leave it empty, and its policy then destroys it.
    this.#destroyed = true;
    this.#schedule?.cancelAll();
    for (const resource of this.resources) resource.unsubscribe(this);
    this.emptyLog();
    this.#shared.forget(this);
    this.#lifeCycle?.destroyed();
    return true;
  }

  /** Forgets what was broadcast, but for those who are owed it and are subscribed no more. @internal */
  emptyLog(): void {
    this.#shared.empty(this.#log);
  }

  /** Makes room for one more, or throws `full`. @internal */
  admit(): void {
    if (!this.#suspendPolicy || this.size < this.#suspendPolicy.max) return;
    if (this.#suspendPolicy.policy === 'REJECT') throw limitReached('maxSuspended');
    const [oldest] = this.resources;
    oldest?.resume();
    // One that was resumed before, and subscribed by the application since.
    oldest?.unsubscribe(this);
  }

  /** What must be known to give a resource its place again after a restart, besides its subscription. @internal */
  membershipOf?(resource: Resource): SavedMembership | undefined;

  /** @internal */
  add(subscription: Subscription): void {
    this.admit();
    this.#fanout.add(subscription);
    this.#lifeCycle?.touched();
  }

  /** A resource that was added is ready to be written to. @internal */
  joined(resource: Resource): void {
    this.#schedule?.check();
    this.#everyListener((listener) => listener.onAddResource?.(this, resource));
  }

  /** @internal */
  remove(subscription: Subscription): void {
    this.#fanout.remove(subscription);
    this.#lifeCycle?.touched();
    this.#everyListener((listener) => listener.onRemoveResource?.(this, subscription.resource));
  }

  /** The factory made it. @internal */
  created(): void {
    this.#everyListener((listener) => listener.onPostCreate?.(this));
  }

  get #filters(): Filtering {
    return (this.#filtering ??= new Filtering(this.id, this.#shared.logger));
  }

  get #life(): LifeCycle {
    return (this.#lifeCycle ??= new LifeCycle(this, this.#shared));
  }

  get #schedules(): Schedule {
    const failed = (cause: unknown): void =>
      this.#shared.logger.error('A scheduled broadcast failed', { broadcaster: this.id, cause });
    return (this.#schedule ??= new Schedule(this.#shared.timers, (message) => this.broadcast(message), failed));
  }

  #completed(message: unknown, delivery: Delivery): void {
    this.#everyListener((listener) => listener.onMessage?.(this, message, delivery));
    const completed = (): void => void this.#everyListener((listener) => listener.onComplete?.(this));
    // What is not stored is complete all the same; whoever waits for the promise hears of it.
    void delivery.then(completed, completed);
  }

  /** Asks every listener; false when one said false. */
  #everyListener(ask: (listener: BroadcasterListener) => boolean | void): boolean {
    return askAll([...this.#shared.listeners, ...this.#listeners], ask, (cause) =>
      this.#shared.logger.error('A broadcaster listener failed', { broadcaster: this.id, cause }),
    );
  }
}
