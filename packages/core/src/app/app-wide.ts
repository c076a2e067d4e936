import type { AppOptions } from './app-options';
import { broadcasterListenerPort, type BroadcasterListener } from '../broadcaster/broadcaster-listener';
import type { Config } from '../settings/config';
import { filterPort, type Filter } from '../filters/filter';
import { namedFilters } from '../filters/named';
import { interceptorPort, type Interceptor } from '../interceptors/interceptor';
import { inspectorPort, type CacheInspector } from '../log/message-log';
import type { Class, Provided, Role } from '../declaration/metadata';
import { checkPort, provideAll, type Port } from '../settings/ports';
import type { Registered } from '../declaration/registration';
import { resourceListenerPort, type ResourceListener } from '../resource/resource-listener';

/** What an app has for all of its services: what its options name, and then the classes that are registered for it. */
export interface AppWide {
  readonly interceptors: readonly Interceptor[];
  readonly filters: readonly Filter[];
  readonly broadcasterListeners: readonly BroadcasterListener[];
  readonly cacheInspectors: readonly CacheInspector[];
  readonly listeners: readonly ResourceListener[];
}

/** Constructs it. Throws a `DeclarationError` when something is not what it is given for. */
export function appWide(
  options: AppOptions,
  { enableFilters }: Config,
  { ofRole }: Registered,
  provide: <T>(provided: Provided<T>) => T,
): AppWide {
  const all = <T extends object>(
    name: string,
    given: readonly Provided<T>[] | undefined,
    role: Role,
    port: Port<T>,
  ): T[] => [
    ...provideAll(name, given, port, provide<T>),
    ...ofRole(role).map((type) => registered(type as Class<T>, port)),
  ];
  const registered = <T extends object>(type: Class<T>, port: Port<T>): T => {
    const object = provide(type);
    checkPort(type.name, object, port);
    return object;
  };
  return {
    broadcasterListeners: all(
      'broadcasterListeners',
      options.broadcasterListeners,
      'broadcaster-listener',
      broadcasterListenerPort,
    ),
    filters: [
      ...enableFilters.map((name) => provide(namedFilters[name])),
      ...all('broadcastFilters', options.broadcastFilters, 'broadcast-filter', filterPort),
    ],
    cacheInspectors: all('cacheInspectors', options.cacheInspectors, 'cache-inspector', inspectorPort),
    interceptors: all('interceptors', options.interceptors, 'interceptor', interceptorPort),
    listeners: all('listeners', options.listeners, 'resource-listener', resourceListenerPort),
  };
}
