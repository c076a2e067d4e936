import type { Broadcaster, BroadcasterClass } from './broadcaster';
import type { BroadcasterListener } from './broadcaster-listener';
import type { SharedParts } from './broadcaster-parts';
import { applyPolicies, broadcasterClasses, openLog } from './broadcaster-settings';
import { cacheClasses } from '../log/named-caches';
import type { Config } from '../settings/config';
import type { Context } from '../resource/context';
import { DurableLog } from '../log/durable-log';
import type { Filter } from '../filters/filter';
import { logBounds, type CacheInspector, type LogBounds, type MessageLog } from '../log/message-log';
import { emptied } from '../log/remains';
import type { Service } from '../service/service';
import type { Crossed } from './siblings';

/** What the factory makes broadcasters of. */
export type BroadcasterFactoryParts = Pick<
  Context,
  'config' | 'durability' | 'siblings' | 'timers' | 'outflow' | 'logger' | 'epoch' | 'nextSequence' | 'now'
>;

/** All broadcasters of an app, by name. */
export class BroadcasterFactory {
  readonly #parts: BroadcasterFactoryParts;
  readonly #broadcasters = new Map<string, Broadcaster>();
  /** Those of endpoints: as long as the endpoint is there, the name is theirs, even when they were destroyed. */
  readonly #ofEndpoints = new Map<string, Broadcaster>();
  readonly #listeners: BroadcasterListener[] = [];
  readonly #filters: Filter[] = [];
  readonly #cacheInspectors: CacheInspector[] = [];
  #serviceAt: (path: string) => Service | undefined = () => undefined;
  #sweeping = false;
  /** What was in logs that were emptied, as long as it is owed to somebody. */
  readonly #remains = new Set<WeakRef<MessageLog>>();
  /** One for all, as all look at it. */
  readonly #bounds: LogBounds;
  readonly #shared: SharedParts;

  constructor(parts: BroadcasterFactoryParts) {
    this.#parts = parts;
    this.#bounds = logBounds(parts.config);
    const { outflow, timers, logger, nextSequence, now, siblings } = parts;
    this.#shared = {
      ...{ outflow, timers, logger, nextSequence, now, siblings, listeners: this.#listeners },
      empty: (log) => this.#empty(log),
      forget: (broadcaster) => this.#forget(broadcaster),
      revive: (broadcaster) => this.#revive(broadcaster),
    };
  }

  /** Identity of the numbers that messages get: another one after a restart. For transports that tell positions themselves. */
  get epoch(): string {
    return this.#parts.epoch;
  }

  /** The broadcaster of that name, if there is one. The name of a service's broadcaster is its concrete path. */
  find(id: string): Broadcaster | undefined {
    return this.#broadcasters.get(id);
  }

  /**
   * The broadcaster of that name; made when there is none. At the path of a service it is made as the service says.
   *
   * @param type throws when the broadcaster is not of this class. Default: any.
   */
  lookup<T extends Broadcaster = Broadcaster>(id: string, type?: BroadcasterClass<T>): T {
    const known: Broadcaster = this.#broadcasters.get(id) ?? this.#ofEndpoints.get(id) ?? this.#make(id, type);
    if (type && !(known instanceof type))
      throw new TypeError(`the broadcaster "${id}" is a ${known.constructor.name}, not a ${type.name}`);
    return known as T;
  }

  /**
   * Makes a broadcaster. Throws when there is one of that name.
   *
   * @param type default: as the setting `broadcaster` says
   * @param log default: as the setting `broadcasterCache` says, with the bounds of the settings
   */
  create<T extends Broadcaster = Broadcaster>(
    id: string,
    type: BroadcasterClass<T> = broadcasterClasses[this.#parts.config.broadcaster] as BroadcasterClass<T>,
    log: MessageLog = this.#makeLog(id),
  ): T {
    return this.#create(id, type, log, this.#parts.config);
  }

  #create<T extends Broadcaster>(id: string, type: BroadcasterClass<T>, log: MessageLog, config: Config): T {
    if (this.#broadcasters.has(id) || this.#ofEndpoints.has(id))
      throw new RangeError(`there is a broadcaster "${id}" already; use lookup`);
    const broadcaster = new type(id, { log, shared: this.#shared });
    // To ask for either makes it.
    if (this.#filters.length > 0) broadcaster.filters.push(...this.#filters);
    if (this.#cacheInspectors.length > 0) broadcaster.cacheInspectors.push(...this.#cacheInspectors);
    applyPolicies(broadcaster, config);
    this.#broadcasters.set(id, broadcaster);
    this.#sweepLater();
    broadcaster.created();
    return broadcaster;
  }

  /** All broadcasters there are. */
  all(): Broadcaster[] {
    return [...this.#broadcasters.values()];
  }

  /** Destroys a broadcaster that nobody is subscribed to; tells whether it did. */
  remove(id: string): boolean {
    const broadcaster = this.#broadcasters.get(id);
    return broadcaster?.size === 0 && broadcaster.destroyHere();
  }

  /** From now on the listener is told of what happens to all broadcasters. */
  addListener(listener: BroadcasterListener): void {
    this.#listeners.push(listener);
  }

  removeListener(listener: BroadcasterListener): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) this.#listeners.splice(index, 1);
  }

  /** The filters of all broadcasters. */
  get filters(): readonly Filter[] {
    return this.#filters;
  }

  /** Every broadcaster that is made from now on has the filter, before those of its service. */
  addFilter(filter: Filter): void {
    this.#filters.push(filter);
  }

  /**
   * Whether what other threads do with that name matters here: nobody gets it where nobody is subscribed to anything of that
   * name, but those who come later where the log has a history. @internal
   */
  wants(id: string): boolean {
    return this.#broadcasters.has(id) || this.#tellsHistory(id);
  }

  /** Something crossed from another thread, and is wanted. @internal */
  receive(crossed: Crossed): void {
    const { id } = crossed;
    if (this.wants(id)) this.lookup(id).receive(crossed);
  }

  /** Every broadcaster that is made from now on asks the inspector, before those of its service. */
  addCacheInspector(inspector: CacheInspector): void {
    this.#cacheInspectors.push(inspector);
  }

  /** Tells which service is at a path. @internal */
  serve(serviceAt: (path: string) => Service | undefined): void {
    this.#serviceAt = serviceAt;
  }

  /** The broadcaster of an endpoint. One that the application made itself gets what the service adds. @internal */
  ofEndpoint(path: string, service: Service): Broadcaster {
    const broadcaster = furnish(this.lookup(path), service);
    this.#ofEndpoints.set(path, broadcaster);
    return broadcaster;
  }

  /** The endpoint is gone. @internal */
  release(path: string): void {
    this.#ofEndpoints.delete(path);
    this.remove(path);
  }

  #make(id: string, type: BroadcasterClass | undefined): Broadcaster {
    const service = this.#serviceAt(id);
    if (!service) return this.create(id, type);
    const { broadcaster, config } = service;
    return furnish(
      this.#create(id, broadcaster.type, broadcaster.makeLog(id, this.#parts.durability), config),
      service,
    );
  }

  /** Who subscribes first in this thread is to get what was said in others. */
  #tellsHistory(id: string): boolean {
    return this.#serviceAt(id)?.broadcaster.history === true;
  }

  #makeLog(id: string): MessageLog {
    const { config, durability } = this.#parts;
    return openLog(id, cacheClasses[config.broadcasterCache], this.#bounds, durability);
  }

  #empty(log: MessageLog): void {
    for (const copy of emptied(log, this.#bounds.maxAgeMillis)) this.#remains.add(new WeakRef(copy));
    if (this.#remains.size > 0) this.#sweepLater();
  }

  #forget(broadcaster: Broadcaster): void {
    if (this.#broadcasters.get(broadcaster.id) === broadcaster) this.#broadcasters.delete(broadcaster.id);
    if (broadcaster.log instanceof DurableLog) this.#parts.durability?.drop(broadcaster.log);
  }

  #revive(broadcaster: Broadcaster): Broadcaster {
    const { id } = broadcaster;
    const holder = this.#broadcasters.get(id) ?? this.#ofEndpoints.get(id) ?? broadcaster;
    this.#broadcasters.set(id, holder);
    return holder;
  }

  /** Logs expire as they are appended to; those that are not any more, here. */
  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    const { timers, now, config } = this.#parts;
    timers.after(config.logSweepSeconds * 1000, () => {
      this.#sweeping = false;
      for (const { log } of this.#broadcasters.values()) log.expire(now());
      for (const copy of this.#remains) {
        const log = copy.deref();
        log?.expire(now());
        if (!log || log.start === log.end) this.#remains.delete(copy);
      }
      if (this.#broadcasters.size + this.#remains.size > 0) this.#sweepLater();
    });
  }
}

/** Gives a broadcaster the policies, filters and inspectors of a service, once. */
function furnish(broadcaster: Broadcaster, service: Service): Broadcaster {
  const {
    filters,
    broadcaster: { inspectors },
    config,
    outbound: { slowClients },
  } = service;
  applyPolicies(broadcaster, config);
  if (typeof slowClients === 'object') broadcaster.keyOf ??= slowClients.keyOf;
  for (const filter of filters) if (!broadcaster.filters.includes(filter)) broadcaster.filters.push(filter);
  for (const inspector of inspectors)
    if (!broadcaster.cacheInspectors.includes(inspector)) broadcaster.cacheInspectors.push(inspector);
  return broadcaster;
}
