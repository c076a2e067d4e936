import { Broadcaster, type BroadcasterClass } from './broadcaster';
import { ExcludeResourceBroadcaster } from './broadcasters/exclude-resource-broadcaster';
import { SimpleBroadcaster } from './broadcasters/simple-broadcaster';
import { cacheClasses } from './caches/named';
import type { Config } from './config';
import { logBounds, type CacheInspector, type MessageLog } from './message-log';
import type { Provided, ServiceOptions } from './metadata';
import type { BroadcasterName } from './settings/class-names';

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

/** What the broadcasters of a service are made of. */
export interface BroadcasterSpec {
  readonly type: BroadcasterClass;
  readonly makeLog: () => MessageLog;
  readonly inspectors: readonly CacheInspector[];
}

/** What the broadcasters of a service are made of: what it says itself, else what its settings say. */
export function broadcasterSpec(
  options: ServiceOptions,
  config: Config,
  provide: <T>(provided: Provided<T>) => T,
): BroadcasterSpec {
  const {
    broadcaster: type = broadcasterClasses[config.broadcaster],
    broadcasterCache: log = cacheClasses[config.broadcasterCache],
    cacheInspectors = [],
  } = options;
  const bounds = logBounds(config);
  return { type, makeLog: () => new log(bounds), inspectors: cacheInspectors.map(provide) };
}
