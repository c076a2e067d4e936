import type { Config } from './config';
import { broadcasterNames, cacheNames, filterNames, interceptorNames, webSocketProtocolNames } from './class-names';
import {
  className,
  classNames,
  classNamesOrAll,
  flag,
  idle,
  listOf,
  oneOf,
  parameterName,
  proxies,
  seconds,
  text,
  texts,
  whole,
  type Kind,
} from './kinds';

/** One of Atmosphere's keys for a setting. */
export interface AtmosphereKey {
  readonly key: string;
  /** Default: the unit of the setting. */
  readonly unit?: 'ms';
  /** Texts that stand for a value besides those that the setting reads. */
  readonly also?: Readonly<Record<string, unknown>>;
  /** The only texts there are, in lower case, and the value of each. */
  readonly only?: Readonly<Record<string, unknown>>;
}

/** All that is known of a setting but what it means: that is in `Config`. */
export interface Setting<T, Constant extends string = string> {
  /** What holds when nothing is said. */
  readonly value: T;
  readonly is: Kind<T>;
  /** Name of the constant -> Atmosphere's key. When several of them are given, the smallest number holds. */
  readonly keys: Readonly<Record<Constant, AtmosphereKey>>;
  /** Whether it is the same for all services. */
  readonly appWide?: boolean;
}

function setting<T, Constant extends string>(
  value: T,
  is: Kind<T>,
  keys: Readonly<Record<Constant, AtmosphereKey>>,
): Setting<T, Constant> {
  return { value, is, keys };
}

/** A setting that Atmosphere does not have. */
function ours<T>(value: T, is: Kind<T>): Setting<T, never> {
  return { value, is, keys: {} };
}

function appWide<T, Constant extends string>(of: Setting<T, Constant>): Setting<T, Constant> {
  return { ...of, appWide: true };
}

function key(name: string, means: Omit<AtmosphereKey, 'key'> = {}): AtmosphereKey {
  return { key: `org.atmosphere.${name}`, ...means };
}

/** Atmosphere says "none" and "any number" with -1. */
const minusOne = { also: { '-1': 0 } };
const opposite = { only: { true: false, false: true } };

const heartbeat = 'interceptor.HeartbeatInterceptor';
const uuidCache = 'cache.UUIDBroadcasterCache';

/** The one table of settings: defaults, checks, Atmosphere's strings and their constants are made of it. */
export const settings = {
  heartbeatSeconds: setting(60, seconds('from 0'), {
    HEARTBEAT_INTERVAL_IN_SECONDS: key(`${heartbeat}.heartbeatFrequencyInSeconds`),
  }),
  clientHeartbeatSeconds: setting(0, seconds('from 0'), {
    CLIENT_HEARTBEAT_INTERVAL_IN_SECONDS: key(`${heartbeat}.clientHeartbeatFrequencyInSeconds`),
  }),
  heartbeatPadding: setting('X', text('a text without digits and line ends', /[\d\r\n]/), {
    HEARTBEAT_PADDING_CHAR: key(`${heartbeat}.paddingChar`),
  }),
  resumeOnHeartbeat: setting(true, flag, { RESUME_ON_HEARTBEAT: key(`${heartbeat}.resumeOnHeartbeat`) }),
  // It ends the tracking id in a handshake, so nothing of an id may be in it.
  messageDelimiter: setting(
    '|',
    text('a text without digits, line ends, dashes and the letters a to f', /[\da-f\r\n-]/),
    { MESSAGE_DELIMITER: key('client.TrackMessageSizeInterceptor.delimiter') },
  ),
  excludedContentTypes: setting<readonly string[], 'EXCLUDED_CONTENT_TYPES'>([], texts, {
    EXCLUDED_CONTENT_TYPES: key('client.TrackMessageSizeInterceptor.excludedContentType'),
  }),
  enforceProtocolVersion: setting(true, flag, {
    ENFORCE_ATMOSPHERE_VERSION: key('interceptor.JavaScriptProtocol.enforceAtmosphereProtocol'),
  }),
  queryAsHeaders: appWide(
    setting(true, flag, { ALLOW_QUERYSTRING_AS_REQUEST: key('cpr.allowQueryStreamAsPostOrGet') }),
  ),
  protocolInQuery: appWide(setting(false, flag, { DISALLOW_MODIFY_QUERYSTRING: key('cpr.disallowModifyQueryString') })),
  webSocketSupport: setting(true, flag, { WEBSOCKET_SUPPORT: key('useWebSocket') }),
  requireSameOrigin: setting(true, flag, { WEBSOCKET_REQUIRE_SAME_ORIGIN: key('websocket.requireSameOrigin') }),
  webSocketIdleSeconds: setting(120, idle, {
    WEBSOCKET_IDLETIME: key('websocket.maxIdleTime', { unit: 'ms', ...minusOne }),
  }),
  webSocketProtocol: setting('SimpleHttpProtocol', className(webSocketProtocolNames), {
    WEBSOCKET_PROTOCOL: key('websocket.WebSocketProtocol'),
  }),
  webSocketContentType: setting('text/plain', text('a content type', /^\s|[\r\n]/), {
    WEBSOCKET_CONTENT_TYPE: key('websocket.messageContentType'),
  }),
  interceptWebSocketMessages: setting(true, flag, {
    INVOKE_ATMOSPHERE_INTERCEPTOR_ON_WEBSOCKET_MESSAGE: key(
      'websocket.DefaultWebSocketProcessor.invokeInterceptorsOnMessage',
    ),
  }),
  maxMessageBytes: setting(1024 * 1024, whole(1), {
    IN_MEMORY_STREAMING_BUFFER_SIZE: key('websocket.webSocketBufferingMaxSize'),
  }),
  maxTextMessageBytes: setting(0, whole(0), {
    WEBSOCKET_MAXTEXTSIZE: key('websocket.maxTextMessageSize', minusOne),
  }),
  maxBinaryMessageBytes: setting(0, whole(0), {
    WEBSOCKET_MAXBINARYSIZE: key('websocket.maxBinaryMessageSize', minusOne),
  }),
  maxBodyBytes: ours(0, whole(0)),
  maxHeaderBytes: appWide(ours(16 * 1024, whole(1))),
  maxConnections: appWide(ours(20_000, whole(0))),
  maxConnectionsPerAddress: appWide(ours(1000, whole(0))),
  maxResources: appWide(ours(50_000, whole(0))),
  maxSubscriptions: ours(1000, whole(0)),
  maxPendingMessages: ours(1000, whole(1)),
  handshakesPerSecond: appWide(ours(50, seconds('from 0'))),
  handshakeBurst: appWide(ours(500, whole(1))),
  upgradeSeconds: ours(10, seconds('from 0')),
  bodySeconds: ours(30, seconds('from 0')),
  compression: ours(false, flag),
  trustProxy: appWide(ours<number | readonly string[]>(0, proxies)),
  forwardedHeader: appWide(ours('x-forwarded-for', oneOf('x-forwarded-for', 'forwarded'))),
  recoverySeconds: setting(30, seconds('from 0'), {
    UUIDBROADCASTERCACHE_CLIENT_IDLETIME: key(`${uuidCache}.clientIdleTime`),
  }),
  stateRecoverySeconds: setting(300, seconds('from 0'), {
    STATE_RECOVERY_TIMEOUT: key('interceptor.AtmosphereResourceStateRecovery.timeout', { unit: 'ms' }),
  }),
  pollGraceSeconds: ours(10, seconds('from 0')),
  connectSeconds: ours(10, seconds('above 0')),
  suspendSeconds: setting(0, seconds('from 0'), {
    ATMOSPHERERESOURCE_INTERCEPTOR_TIMEOUT: key('interceptor.AtmosphereResourceLifecycleInterceptor.timeout', minusOne),
  }),
  connectMethods: setting<readonly ('GET' | 'POST')[], 'ATMOSPHERERESOURCE_INTERCEPTOR_METHOD'>(
    ['GET'],
    listOf('GET', 'POST'),
    { ATMOSPHERERESOURCE_INTERCEPTOR_METHOD: key('interceptor.AtmosphereResourceLifecycleInterceptor.method') },
  ),
  maxInactiveSeconds: setting(0, seconds('from 0'), {
    MAX_INACTIVE: key('cpr.CometSupport.maxInactiveActivity', { unit: 'ms', ...minusOne }),
  }),
  resumeOnBroadcast: setting(false, flag, { RESUME_ON_BROADCAST: key('resumeOnBroadcast') }),
  broadcaster: setting('DefaultBroadcaster', className(broadcasterNames), {
    BROADCASTER_CLASS: key('cpr.broadcasterClass'),
  }),
  broadcasterCache: setting('MemoryLog', className(cacheNames), {
    BROADCASTER_CACHE: key('cpr.broadcasterCacheClass'),
  }),
  broadcasterLifeCyclePolicy: setting(
    'NEVER',
    oneOf('NEVER', 'IDLE', 'IDLE_DESTROY', 'IDLE_RESUME', 'EMPTY', 'EMPTY_DESTROY', 'IDLE_EMPTY_DESTROY'),
    { BROADCASTER_LIFECYCLE_POLICY: key('cpr.broadcasterLifeCyclePolicy') },
  ),
  broadcasterIdleSeconds: setting(300, seconds('above 0'), {
    BROADCASTER_LIFECYCLE_POLICY_IDLETIME: key('cpr.maxBroadcasterLifeCyclePolicyIdleTime', { unit: 'ms' }),
  }),
  suspendPolicy: setting('FIFO', oneOf('FIFO', 'REJECT'), { BROADCASTER_POLICY: key('cpr.Broadcaster.POLICY') }),
  maxSuspended: setting(0, whole(0), {
    BROADCASTER_POLICY_TIMEOUT: key('cpr.Broadcaster.POLICY.maximumSuspended', minusOne),
  }),
  logMessages: setting(10_000, whole(1), {
    UUIDBROADCASTERCACHE_MAX_PER_CLIENT: key(`${uuidCache}.maxPerClient`),
    UUIDBROADCASTERCACHE_MAX_TOTAL: key(`${uuidCache}.maxTotal`),
    CACHE_MAX_SIZE: key('cache.maxSize'),
  }),
  logBytes: ours(8 * 1024 * 1024, whole(1)),
  logSeconds: setting(300, seconds('above 0'), {
    UUIDBROADCASTERCACHE_MESSAGE_TTL: key(`${uuidCache}.messageTTL`),
    CACHE_TTL_SECONDS: key('cache.ttlSeconds'),
  }),
  logSweepSeconds: appWide(
    setting(30, seconds('above 0'), {
      UUIDBROADCASTERCACHE_IDLE_CACHE_INTERVAL: key(`${uuidCache}.invalidateCacheInterval`),
    }),
  ),
  endpointIdleSeconds: ours(300, seconds('from 0')),
  delivery: ours('at-most-once', oneOf('at-most-once', 'at-least-once')),
  proofSeconds: ours(10, seconds('above 0')),
  slowClients: setting('lag', oneOf('lag', 'drop-oldest', 'drop-newest', 'disconnect'), {
    BROADCASTER_BACKPRESSURE_POLICY: key('cpr.Broadcaster.backpressurePolicy'),
    BACKPRESSURE_POLICY: key('backpressure.policy'),
  }),
  slowClientMessages: setting(100, whole(1), {
    BROADCASTER_BACKPRESSURE_HIGH_WATER_MARK: key('cpr.Broadcaster.backpressureHighWaterMark'),
    BACKPRESSURE_HIGH_WATER_MARK: key('backpressure.highWaterMark'),
  }),
  slowClientSeconds: ours(30, seconds('above 0')),
  allowedOrigins: setting<readonly string[], 'CORS_ALLOWED_ORIGINS'>([], texts, {
    CORS_ALLOWED_ORIGINS: key('cpr.cors.allowedOrigins'),
  }),
  accessControlHeaders: setting(true, flag, {
    DROP_ACCESS_CONTROL_ALLOW_ORIGIN_HEADER: key('cpr.dropAccessControlAllowOriginHeader', opposite),
  }),
  cacheHeaders: setting(true, flag, { NO_CACHE_HEADERS: key('cpr.noCacheHeaders', opposite) }),
  rateLimitMessages: setting(30_000, whole(0), { RATE_LIMIT_MAX_MESSAGES: key('rateLimit.maxMessages') }),
  rateLimitSeconds: setting(60, seconds('above 0'), { RATE_LIMIT_WINDOW_SECONDS: key('rateLimit.windowSeconds') }),
  rateLimitBurst: ours(5000, whole(1)),
  rateLimitPolicy: setting('refuse', oneOf('drop', 'refuse', 'disconnect'), {
    RATE_LIMIT_POLICY: key('rateLimit.policy'),
  }),
  authParameter: appWide(
    setting('X-Atmosphere-Auth', parameterName, { AUTH_TOKEN_QUERY_PARAM: key('auth.queryParam') }),
  ),
  enableFilters: setting([], classNames(filterNames), { BROADCAST_FILTER_CLASSES: key('cpr.broadcastFilterClasses') }),
  enableInterceptors: setting([], classNames(interceptorNames), {
    ATMOSPHERE_INTERCEPTORS: key('cpr.AtmosphereInterceptor'),
  }),
  disableInterceptors: setting([], classNamesOrAll(interceptorNames), {
    DISABLE_ATMOSPHEREINTERCEPTOR: key('cpr.AtmosphereInterceptor.disableDefaults', {
      only: { true: 'all', false: [] },
    }),
    DISABLE_ATMOSPHEREINTERCEPTORS: key('cpr.AtmosphereInterceptor.disable'),
  }),
  unknownKeys: ours('reject', oneOf('reject', 'strip')),
} satisfies { readonly [K in keyof Config]: Setting<Config[K]> };
