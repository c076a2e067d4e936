import type { DependencyContainer } from 'tsyringe';
import { broadcasterListenerPort, type BroadcasterListener } from '../broadcaster/broadcaster-listener';
import type { Class, Provided } from '../declaration/metadata';
import type { Failure } from '../errors';
import { filterPort, type Filter } from '../filters/filter';
import { interceptorPort, type Interceptor } from '../interceptors/interceptor';
import type { Limits } from '../limits/limits';
import type { DurableStore } from '../log/durable-store';
import { inspectorPort, type CacheInspector } from '../log/message-log';
import type { Logger } from '../logger';
import { resourceListenerPort, type ResourceListener } from '../resource/resource-listener';
import type { Resource } from '../resource/resource';
import type { Siblings } from '../broadcaster/siblings';
import type { ConfigOptions } from '../settings/config';
import { checkedElsewhere, must, mustBe, mustBeObject, mustList, type Check, type Checks } from '../settings/options';
import { isList } from '../settings/ports';
import type { Clock } from '../time/clock';

/** What an app is made of. */
export interface AppOptions {
  /**
   * Classes with `@ManagedService`, and classes that are registered for all of them: `@AtmosphereInterceptorService`,
   * `@BroadcasterFilterService`, `@BroadcasterListenerService`, `@BroadcasterCacheInspectorService`,
   * `@AtmosphereResourceListenerService`.
   */
  readonly services: readonly Class<object>[];
  /** Interceptors of all services, besides the standard ones. One of a standard class takes its place. Default: none. */
  readonly interceptors?: readonly Provided<Interceptor>[];
  /** Standard interceptors to do without, or `all`; the same as the setting of that name, by their classes. Default: none. */
  readonly disableInterceptors?: readonly Class<Interceptor>[] | 'all';
  /** Origins of pages that may connect besides the server's own; the same as the setting of that name. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /** Filters of all broadcasters, before those of a service. Default: none. */
  readonly broadcastFilters?: readonly Provided<Filter>[];
  /** Listeners of all broadcasters. Default: none. */
  readonly broadcasterListeners?: readonly Provided<BroadcasterListener>[];
  /** Decide which messages are remembered, of all broadcasters. Default: all are. */
  readonly cacheInspectors?: readonly Provided<CacheInspector>[];
  /** Listeners of all resources, constructed once. Default: none. */
  readonly listeners?: readonly Provided<ResourceListener>[];
  /** The same as Atmosphere's strings; what `config` says goes before it. Default: none. */
  readonly atmosphereConfig?: readonly string[];
  /** Settings that differ from the defaults. */
  readonly config?: ConfigOptions;
  /** What clients may do, and how much of the server they may use, where it differs from the defaults: docs/limits.md. */
  readonly limits?: Partial<Limits>;
  /** Makes services and what they ask for in their constructors. Default: tsyringe's root container. */
  readonly container?: DependencyContainer;
  /**
   * Where messages, resources and subscriptions outlive the process: `new SqliteStore({ file: 'data/ionosphere.db' })` of
   * `@ionosphere/sqlite`. Default: nowhere.
   */
  readonly store?: DurableStore;
  /** Those that run the same services in other threads: `serve({ threads })` sees to it. @internal */
  readonly siblings?: Siblings;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
  /** Default: the clock on the wall. */
  readonly clock?: Clock;
  /**
   * Told of every failure of a resource, after the service's `@OnError`. A request that never became one, as one for a plain
   * route, or one that an interceptor refused, is in the log and in the counters alone. What it throws is logged.
   */
  readonly onError?: (failure: Failure, resource: Resource) => void;
}

/** What each option of an app must be, for those who give it without types. */
export const appOptions: Checks<Omit<AppOptions, 'siblings'>> = {
  services: must({ wanted: 'a list of classes, in brackets: [Chat]', accepts: isList }),
  interceptors: mustList(interceptorPort),
  disableInterceptors: must({
    wanted: `a list of classes, such as [HeartbeatInterceptor], or 'all'`,
    accepts: (value) => value === 'all' || isList(value),
  }),
  // A setting, which is checked with the others.
  allowedOrigins: checkedElsewhere,
  broadcastFilters: mustList(filterPort),
  broadcasterListeners: mustList(broadcasterListenerPort),
  cacheInspectors: mustList(inspectorPort),
  listeners: mustList(resourceListenerPort),
  atmosphereConfig: must({ wanted: `a list of texts, such as ['key=value']`, accepts: isList }),
  config: mustBeObject('{ heartbeatSeconds: 30 }'),
  limits: mustBeObject('{ maxConnections: 1000 }'),
  container: mustBe<DependencyContainer>(
    {
      is: 'a container of tsyringe',
      methods: ['createChildContainer', 'isRegistered', 'registerInstance', 'resolve'],
    },
    'container.createChildContainer()',
  ),
  store: mustBe<DurableStore>(
    { is: 'a store', methods: ['open', 'resolve', 'log', 'resources', 'commit', 'close'] },
    `new SqliteStore({ file: 'data.db' })`,
  ),
  logger: mustBe<Logger>({ is: 'a logger', methods: ['debug', 'info', 'warn', 'error'] }, 'new ConsoleLogger()'),
  clock: mustBe<Clock>({ is: 'a clock', methods: ['now', 'after', 'soon'] }, 'systemClock'),
  onError: must({
    wanted: 'a function, such as (failure, resource) => {}',
    accepts: (value) => typeof value === 'function',
  }),
};

/** Throws a `DeclarationError` that names an option which can't be used. Others than those of an app are passed over. */
export function checkAppOptions(options: AppOptions): void {
  for (const [name, check] of Object.entries<Check>(appOptions)) {
    const given = options[name as keyof AppOptions];
    if (given !== undefined) check(name, given);
  }
}
