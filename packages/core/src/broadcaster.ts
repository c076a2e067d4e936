import type { Payload } from '@ionosphere/protocol';
import type { BroadcasterListener } from './broadcaster-listener';
import { encodeValue } from './codec';
import type { Delivery } from './delivery';
import type { SavedMembership } from './durable-store';
import type { Receivers } from './audience';
import { Fanout, type Subscription } from './fanout';
import type { Filter } from './filter';
import { Filtering } from './filtering';
import { LifeCycle, type LifeCycleListener, type LifeCyclePolicy } from './life-cycle';
import { limitReached } from './limits/limits';
import type { Logger } from './logger';
import type { CacheInspector, MessageLog } from './message-log';
import type { Outflow } from './outflow';
import type { Resource } from './resource';
import { Publisher } from './publisher';
import { Schedule, type Scheduled } from './schedule';
import { reporting } from './settle';
import type { Crossed, Siblings } from './siblings';
import type { Coalescing } from './slow-clients';
import type { Timers } from './timers';

/** What a broadcaster is built on. */
export interface BroadcasterParts {
  readonly log: MessageLog;
  readonly outflow: Outflow;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Gives the next number among all messages of the app. */
  readonly nextSequence: () => number;
  readonly now: () => number;
  /** There when other threads run the same services. */
  readonly siblings?: Siblings | undefined;
  /** Listeners of all broadcasters. */
  readonly listeners: readonly BroadcasterListener[];
  /** The broadcaster was destroyed. */
  readonly forget: (broadcaster: Broadcaster) => void;
  /** A broadcaster that was destroyed is used again: gives the one that has its name now, which may be itself. */
  readonly revive: (broadcaster: Broadcaster) => Broadcaster;
}

/** A class of broadcasters. */
export type BroadcasterClass<T extends Broadcaster = Broadcaster> = new (id: string, parts: BroadcasterParts) => T;

/** How a value is broadcast. */
export interface BroadcastOptions {
  /** Default: every subscriber. Resources that are named need not be subscribers. */
  readonly to?: Receivers;
  /**
   * Who does not get it, even where `to` names them. Default: nobody. Without `to`, one resource, such as the sender, is
   * left out at no cost; several, or a condition, are looked at for each receiver.
   */
  readonly except?: Receivers;
  /** Makes the payload. Default: text and bytes as they are, all else as JSON. */
  readonly encode?: (value: unknown) => Payload;
}

/** What happens when a broadcaster has as many resources as it may: the oldest is resumed, or the newcomer is refused. */
export type SuspendPolicy = 'FIFO' | 'REJECT';

/**
 * A named topic. A message that is broadcast passes the filters, is encoded once, is appended to the log, and is
 * delivered. A resource that is away costs nothing; it reads the log when it is back.
 */
export class Broadcaster {
  /** Asked whether a message is remembered for those who are away; one `false` keeps it out of the log. */
  readonly cacheInspectors: CacheInspector[] = [];
  /** What a message is about, for slow clients that get the newest of each thing only; see `coalesce`. @internal */
  keyOf: Coalescing['keyOf'] | undefined;
  readonly #parts: BroadcasterParts;
  readonly #filtering: Filtering;
  readonly #fanout: Fanout;
  readonly #publisher: Publisher;
  readonly #schedule: Schedule;
  readonly #lifeCycle: LifeCycle;
  #listeners: readonly BroadcasterListener[] = [];
  #suspendPolicy: { readonly max: number; readonly policy: SuspendPolicy } | undefined;
  #lastBroadcast = 0;
  #destroyed = false;

  constructor(
    /** Name; for a service's own broadcaster, the concrete path. */
    readonly id: string,
    parts: BroadcasterParts,
  ) {
    this.#parts = parts;
    this.#filtering = new Filtering(id, parts.logger);
    this.#fanout = new Fanout(parts.log, parts.outflow, (cause) =>
      parts.logger.error('A connection could not be written to', { broadcaster: id, cause }),
    );
    this.#publisher = new Publisher(this, parts, this.#filtering);
    this.#schedule = new Schedule(parts.timers, (message) => this.broadcast(message));
    this.#lifeCycle = new LifeCycle(this, parts);
  }

  /** Filters that every message passes, in order. */
  get filters(): Filter[] {
    return this.#filtering.filters;
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
    return this.#parts.log;
  }

  /** @internal */
  get fanout(): Fanout {
    return this.#fanout;
  }

  /** Itself; once it was destroyed, the one that has its name now, come to life for it. @internal */
  get current(): Broadcaster {
    if (!this.#destroyed) return this;
    const holder = this.#parts.revive(this);
    if (holder !== this) return holder.current;
    this.#destroyed = false;
    this.#lifeCycle.begin();
    return this;
  }

  /**
   * Sends a value to every subscriber, or to those that `to` names. Resources that are away get it when they come back.
   * A function is called for the value. Nothing is sent when the value, or what the filters leave of it, is undefined or
   * null. A broadcaster that was destroyed comes to life again, without its subscribers.
   */
  broadcast(value: unknown, options: BroadcastOptions = {}): Delivery {
    if (this.#destroyed && this.current !== this) return this.current.broadcast(value, options);
    if (this.#schedule.held) for (const held of this.#schedule.release()) this.#broadcast(held, {});
    return this.#broadcast(value, options);
  }

  #broadcast(value: unknown, options: BroadcastOptions): Delivery {
    const outgoing = this.#filtering.pass(value, options.encode ?? encodeValue);
    if (!outgoing) return this.#publisher.delivery(0);
    this.#lastBroadcast = this.#parts.now();
    const delivery = this.#publisher.publish(outgoing, options, this.#lastBroadcast);
    if (this.#listeners.length > 0 || this.#parts.listeners.length > 0) this.#completed(outgoing.message, delivery);
    return delivery;
  }

  /** It happened in another thread. @internal */
  receive(crossed: Crossed): void {
    switch (crossed.act) {
      case 'broadcast':
        this.#lastBroadcast = crossed.at;
        return this.#publisher.receive(crossed);
      case 'broadcastOnResume':
        for (const resource of this.resources) resource.sendOnResume(crossed.payload);
        return;
      case 'resumeAll':
        return this.resumeHere();
      case 'destroy':
        return void this.destroyHere();
    }
  }

  /** Writes all that waits for the end of the turn now. For broadcasters that do not wait. */
  protected flush(): void {
    this.#parts.outflow.flush();
  }

  /** Keeps a value until the next broadcast, which it goes before. */
  delayBroadcast(value: unknown): undefined;
  /** Broadcasts a value, once, after a number of milliseconds. */
  delayBroadcast(value: unknown, millis: number): Scheduled;
  delayBroadcast(value: unknown, millis?: number): Scheduled | undefined {
    if (millis !== undefined) return this.#schedule.once(value, millis);
    this.#schedule.hold(value);
    return undefined;
  }

  /**
   * Broadcasts a value again and again. A function is called each time.
   *
   * @param first milliseconds to the first broadcast. Default: `period`.
   */
  scheduleFixedBroadcast(value: unknown, period: number, first: number = period): Scheduled {
    return this.#schedule.every(value, period, first);
  }

  /** Broadcasts a value as soon as somebody is subscribed, or after a number of milliseconds all the same. */
  awaitAndBroadcast(value: unknown, millis: number): Scheduled {
    return this.#schedule.when(() => this.size > 0, value, millis);
  }

  /** Each resource that is subscribed now gets the value, as the filters leave it, when it is resumed, or connects again. */
  broadcastOnResume(value: unknown, encode: (value: unknown) => Payload = encodeValue): void {
    const outgoing = this.#filtering.pass(value, encode);
    if (!outgoing) return;
    const payload = encode(outgoing.message);
    const { siblings, now } = this.#parts;
    if (siblings) this.#publisher.checkCrossing({});
    siblings?.cross({ act: 'broadcastOnResume', id: this.id, payload, at: now(), remembered: true });
    const view = this.#filtering.view(outgoing);
    for (const resource of this.resources) {
      const own = view ? view(resource) : payload;
      if (own !== undefined) resource.sendOnResume(own);
    }
  }

  /** Resumes every resource that is subscribed. */
  resumeAll(): void {
    this.#parts.siblings?.cross({ act: 'resumeAll', id: this.id });
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
    this.#lifeCycle.set(policy, idleSeconds);
  }

  addLifeCycleListener(listener: LifeCycleListener): void {
    this.#lifeCycle.add(listener);
  }

  addListener(listener: BroadcasterListener): void {
    this.#listeners = [...this.#listeners, listener];
  }

  removeListener(listener: BroadcasterListener): void {
    this.#listeners = this.#listeners.filter((known) => known !== listener);
  }

  /** Unsubscribes all and forgets the log, unless a listener objects; tells whether it did. */
  destroy(): boolean {
    this.#parts.siblings?.cross({ act: 'destroy', id: this.id });
    return this.destroyHere();
  }

  /** Ends what there is of it in this thread. @internal */
  destroyHere(): boolean {
    if (this.#destroyed) return true;
    if (!this.#everyListener((listener) => listener.onPreDestroy?.(this) !== false)) return false;
    // First, because those who are unsubscribed below may leave it empty, and its policy then destroys it.
    this.#destroyed = true;
    this.#schedule.cancelAll();
    for (const resource of this.resources) resource.unsubscribe(this);
    this.log.expire(Number.POSITIVE_INFINITY);
    this.#parts.forget(this);
    this.#lifeCycle.destroyed();
    return true;
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
    this.#lifeCycle.touched();
  }

  /** A resource that was added is ready to be written to. @internal */
  joined(resource: Resource): void {
    this.#schedule.check();
    this.#everyListener((listener) => listener.onAddResource?.(this, resource));
  }

  /** @internal */
  remove(subscription: Subscription): void {
    this.#fanout.remove(subscription);
    this.#lifeCycle.touched();
    this.#everyListener((listener) => listener.onRemoveResource?.(this, subscription.resource));
  }

  /** The factory made it. @internal */
  created(): void {
    this.#everyListener((listener) => listener.onPostCreate?.(this));
  }

  #completed(message: unknown, delivery: Delivery): void {
    this.#everyListener((listener) => listener.onMessage?.(this, message, delivery));
    const completed = (): void => void this.#everyListener((listener) => listener.onComplete?.(this));
    // What is not stored is complete all the same; whoever waits for the promise hears of it.
    void delivery.then(completed, completed);
  }

  /** Asks every listener; false when one said false. */
  #everyListener(ask: (listener: BroadcasterListener) => boolean | void): boolean {
    let agreed = true;
    for (const listener of [...this.#parts.listeners, ...this.#listeners]) {
      const answer = reporting(
        () => ask(listener),
        (cause) => this.#parts.logger.error('A broadcaster listener failed', { broadcaster: this.id, cause }),
      );
      if (answer === false) agreed = false;
    }
    return agreed;
  }
}
