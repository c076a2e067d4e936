import { defaultConfig, type Config } from '../settings/config';
import type { Interceptor } from './interceptor';
import type { Class } from '../declaration/metadata';
import type { InterceptorName } from '../settings/class-names';
import { BroadcastOnPostInterceptor } from './broadcast-on-post';
import { CacheHeadersInterceptor } from './cache-headers';
import { CorsInterceptor } from './cors';
import { HeartbeatInterceptor } from './heartbeat';
import { IdleResourceInterceptor } from './idle-resource';
import { AtmosphereResourceLifecycleInterceptor } from './lifecycle';
import { OnDisconnectInterceptor } from './on-disconnect';
import { PaddingInterceptor } from './padding';
import { RateLimitingInterceptor } from './rate-limiting';
import { AtmosphereResourceStateRecovery } from './state-recovery';
import { TrackMessageSizeInterceptor } from './track-message-size';
import { TrackMessageSizeB64Interceptor } from './track-message-size-b64';

/** An interceptor of this package. */
interface Known {
  /** Whether services have it unless they say otherwise. */
  readonly standard: (config: Config) => boolean;
  /** @param methods HTTP methods that the service takes */
  readonly make: (config: Config, methods: string) => Interceptor;
}

const yes = (): boolean => true;
const no = (): boolean => false;

/** What can be switched on and off by name, in the order in which it stands. */
const known: Readonly<Record<InterceptorName, Known>> = {
  CorsInterceptor: { standard: yes, make: (config, methods) => CorsInterceptor.of(config, methods) },
  CacheHeadersInterceptor: { standard: ({ cacheHeaders }) => cacheHeaders, make: () => new CacheHeadersInterceptor() },
  OnDisconnectInterceptor: { standard: yes, make: () => new OnDisconnectInterceptor() },
  PaddingInterceptor: { standard: yes, make: () => new PaddingInterceptor() },
  HeartbeatInterceptor: { standard: yes, make: (config) => new HeartbeatInterceptor(config) },
  TrackMessageSizeInterceptor: { standard: yes, make: (config) => new TrackMessageSizeInterceptor(tracking(config)) },
  TrackMessageSizeB64Interceptor: {
    standard: no,
    make: (config) => new TrackMessageSizeB64Interceptor(tracking(config)),
  },
  AtmosphereResourceLifecycleInterceptor: {
    standard: ({ suspendSeconds, connectMethods }) => suspendSeconds > 0 || connectMethods.join() !== 'GET',
    make: ({ suspendSeconds, connectMethods }) =>
      new AtmosphereResourceLifecycleInterceptor({
        methods: connectMethods,
        ...(suspendSeconds > 0 && { timeoutSeconds: suspendSeconds }),
      }),
  },
  IdleResourceInterceptor: {
    standard: ({ maxInactiveSeconds }) => maxInactiveSeconds > 0,
    make: (config) => new IdleResourceInterceptor(config),
  },
  RateLimitingInterceptor: {
    // The limit itself is every resource's. Who names the interceptor wants Atmosphere's number, or his own.
    standard: no,
    make: ({ rateLimitMessages, rateLimitSeconds, rateLimitPolicy }) =>
      new RateLimitingInterceptor({
        ...(rateLimitMessages !== defaultConfig.rateLimitMessages &&
          rateLimitMessages > 0 && { messages: rateLimitMessages }),
        perSeconds: rateLimitSeconds,
        policy: rateLimitPolicy,
      }),
  },
  BroadcastOnPostInterceptor: { standard: no, make: () => new BroadcastOnPostInterceptor() },
  AtmosphereResourceStateRecovery: { standard: no, make: () => new AtmosphereResourceStateRecovery() },
};

/**
 * The interceptors that a service has by its settings: without those it does not want, and those it brings itself. A class
 * that extends one takes its place too.
 *
 * @param verbs HTTP methods that the service takes besides OPTIONS, GET and POST
 */
export function standardInterceptors(
  config: Config,
  own: readonly Interceptor[],
  verbs: readonly string[],
): Interceptor[] {
  const { enableInterceptors: enabled, disableInterceptors: disabled } = config;
  const names = (Object.keys(known) as InterceptorName[]).filter(
    (name) =>
      enabled.includes(name) || (known[name].standard(config) && disabled !== 'all' && !disabled.includes(name)),
  );
  const methods = [...new Set(['OPTIONS', 'GET', 'POST', ...verbs])].join(', ');
  const made = names.map((name) => known[name].make(config, methods));
  return made.filter(
    (one) => ![...made, ...own].some((other) => other !== one && other instanceof (one.constructor as Class)),
  );
}

function tracking({ messageDelimiter, excludedContentTypes, webSocketContentType }: Config) {
  return { delimiter: messageDelimiter, excludedContentTypes, webSocketContentType };
}
