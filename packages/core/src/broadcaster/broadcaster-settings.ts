import { Broadcaster, type BroadcasterClass } from './broadcaster';
import { ExcludeResourceBroadcaster } from './exclude-resource-broadcaster';
import { SimpleBroadcaster } from './simple-broadcaster';
import { BoundedMemoryCache } from '../log/bounded-memory-cache';
import { cacheClasses } from '../log/named-caches';
import { UUIDBroadcasterCache, usualBounds } from '../log/uuid-broadcaster-cache';
import type { Config } from '../settings/config';
import type { Durability } from '../log/durability';
import { DeclarationError } from '../errors';
import {
  logBounds,
  inspectorPort,
  MemoryLog,
  type CacheInspector,
  type LogBounds,
  type MessageLog,
  type MessageLogClass,
} from '../log/message-log';
import type { Provided, ServiceOptions } from '../declaration/metadata';
import { checkClass, provideAll } from '../settings/ports';
import type { BroadcasterName } from '../settings/class-names';

/** The broadcasters that a setting can name. */
export const broadcasterClasses: Readonly<Record<BroadcasterName, BroadcasterClass>> = {
  DefaultBroadcaster: Broadcaster,
  SimpleBroadcaster,
  ExcludeResourceBroadcaster,
};

/** Gives a broadcaster the policies that settings choose. Where they choose none, its own stay. */
export function applyPolicies(
  broadcaster: Broadcaster,
  config: Pick<Config, 'broadcasterLifeCyclePolicy' | 'broadcasterIdleSeconds' | 'maxSuspended' | 'suspendPolicy'>,
): void {
  if (config.broadcasterLifeCyclePolicy !== 'NEVER')
    broadcaster.setLifeCyclePolicy(config.broadcasterLifeCyclePolicy, config.broadcasterIdleSeconds);
  if (config.maxSuspended > 0) broadcaster.setSuspendPolicy(config.maxSuspended, config.suspendPolicy);
}

/** Opens logs that outlive the process. */
export type LogOpener = Pick<Durability, 'openLog'>;

/** A log of a class: one that outlives the process, where the class is one of this package that remembers. */
export function openLog(
  id: string,
  type: MessageLogClass,
  bounds: LogBounds,
  durability: LogOpener | undefined,
): MessageLog {
  if (!durability || !durableClasses.has(type)) return new type(bounds);
  const own = type === UUIDBroadcasterCache ? usualBounds(bounds) : bounds;
  return durability.openLog(id, own, type === BoundedMemoryCache);
}

const durableClasses: ReadonlySet<MessageLogClass> = new Set([MemoryLog, UUIDBroadcasterCache, BoundedMemoryCache]);

/** What the broadcasters of a service are made of. */
export interface BroadcasterSpec {
  readonly type: BroadcasterClass;
  readonly makeLog: (id: string, durability: LogOpener | undefined) => MessageLog;
  /** Whether a new subscriber gets what is in the log. */
  readonly history: boolean;
  readonly inspectors: readonly CacheInspector[];
}

/** What the broadcasters of a service are made of: what it says itself, else what its settings say. */
export function broadcasterSpec(
  service: string,
  options: ServiceOptions,
  config: Config,
  provide: <T>(provided: Provided<T>) => T,
): BroadcasterSpec {
  const { broadcaster: type = broadcasterClasses[config.broadcaster], broadcasterCache, cacheInspectors } = options;
  if (type !== Broadcaster && !((type as Partial<typeof Broadcaster>).prototype instanceof Broadcaster))
    throw new DeclarationError(
      `${service}: broadcaster must be a class of broadcasters: Broadcaster, or one that extends it`,
    );
  checkClass(`${service}: broadcasterCache`, broadcasterCache, 'logs', ['append', 'at', 'expire']);
  const bounds = logBounds(config);
  const log = broadcasterCache ?? cacheClasses[config.broadcasterCache];
  // A service that asks for a log in memory gets one.
  const isDurable = broadcasterCache !== MemoryLog;
  const makeLog: BroadcasterSpec['makeLog'] = (id, durability) =>
    openLog(id, log, bounds, isDurable ? durability : undefined);
  return {
    type,
    makeLog,
    history: new log(bounds).history === true,
    inspectors: provideAll(`${service}: cacheInspectors`, cacheInspectors, inspectorPort, provide),
  };
}
