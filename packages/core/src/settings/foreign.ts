/** One of Atmosphere's keys that is no setting here. */
export interface ForeignKey {
  readonly key: string;
  /** The values that say what is the case here anyway; any other stops the start. Empty: all do. */
  readonly accepts: readonly string[];
  /** Why there is no setting, and what to use instead. */
  readonly because: string;
}

function always(key: string, accepts: readonly string[], because: string): ForeignKey {
  return { key: `org.atmosphere.${key}`, accepts, because };
}

function never(key: string, because: string): ForeignKey {
  return always(key, [], because);
}

const clusters = 'clusters are not supported yet: a broadcaster reaches the clients of its own process';
const discovery = 'classes are found by the options services and scan of serve';
const sessions = 'there are no HTTP sessions; resource.attributes remember what belongs to a client';
const authentication = 'tokens are decided on by functions: interceptors: [new AuthInterceptor({ validate, refresh })]';
const single = 'Node.js runs services on one thread';

/** Atmosphere's keys that are known and set nothing. */
export const foreignKeys = {
  WEBSOCKET_METHOD: always(
    'websocket.messageMethod',
    ['POST'],
    'messages of a WebSocket go to @Message, as those of a POST do',
  ),
  WEBSOCKET_PATH_DELIMITER: never('websocket.pathDelimiter', 'a WebSocket is for the one path that it was opened at'),
  WEBSOCKET_BUFFER_SIZE: never(
    'websocket.bufferSize',
    'buffers are as large as their messages; use webSocket.maxBackpressureBytes',
  ),
  WEBSOCKET_WRITE_TIMEOUT: never('websocket.writeTimeout', 'writes do not block; use webSocket.maxBackpressureBytes'),
  WEBSOCKET_BINARY_WRITE: always(
    'websocket.binaryWrite',
    ['false'],
    'text is sent as text; broadcast bytes to send bytes',
  ),
  ALLOW_WEBSOCKET_STATUS_CODE_1005_AS_DISCONNECT: always(
    'websocket.WebSocketProtocol.allow1005disconnectEvent',
    ['true'],
    'a client that closes without a code has left, and @Disconnect is called',
  ),
  FLUSH_BUFFER_HEARTBEAT: always(
    'interceptor.HeartbeatInterceptor.flushBuffer',
    ['true'],
    'every write leaves at once',
  ),
  DELAY_PROTOCOL_IN_MILLISECONDS: always(
    'interceptor.JavaScriptProtocol.delayProtocolInMilliseconds',
    ['0'],
    'the handshake is the first that a client gets',
  ),
  SSE_DEFAULT_CONTENTTYPE: always(
    'interceptor.SSEAtmosphereInterceptor.contentType',
    ['text/event-stream'],
    'the type of server-sent events is fixed by HTML',
  ),
  BROADCASTER_FACTORY: always(
    'cpr.broadcasterFactory',
    ['DefaultBroadcasterFactory'],
    'there is one BroadcasterFactory; use its create and lookup',
  ),
  OUT_OF_ORDER_BROADCAST: always(
    'cpr.Broadcaster.supportOutOfOrderBroadcast',
    ['false'],
    'messages of a broadcaster arrive in order',
  ),
  WRITE_TIMEOUT: never('cpr.Broadcaster.writeTimeout', 'writes do not block; use webSocket.maxBackpressureBytes'),
  RECOVER_DEAD_BROADCASTER: always(
    'cpr.recoverFromDestroyedBroadcaster',
    ['true'],
    'a broadcaster that was destroyed comes to life again when it is used',
  ),
  BROADCASTER_CACHE_STRATEGY: always(
    'cpr.BroadcasterCache.strategy',
    ['afterFilter'],
    'what is remembered is what the filters left',
  ),
  CACHE_MESSAGE_ON_IO_FLUSH_EXCEPTION: always(
    'cpr.Broadcaster.cacheOnIOFlushException',
    ['true'],
    'what a connection did not take is sent to the next one',
  ),
  CLOSED_ATMOSPHERE_THINK_TIME: never(
    'cpr.delayClosingTime',
    'a client that is gone may come back; use recoverySeconds',
  ),
  ENDPOINT_MAPPER: always(
    'cpr.EndpointMapper',
    ['DefaultEndpointMapper'],
    'paths are found by their templates: /chat/{room}, /doc/{id: [0-9]+}, /files/*',
  ),
  HANDLER_MAPPING_REGEX: never('cpr.mappingRegex', 'a variable of a path has a pattern of its own: /doc/{id: [0-9]+}'),
  OBJECT_FACTORY: always(
    'cpr.objectFactory',
    ['DefaultAtmosphereObjectFactory', 'InjectableObjectFactory'],
    'objects are made by a container of tsyringe: serve({ container })',
  ),
  DEFAULT_SERIALIZER: never(
    'cpr.AtmosphereResource.defaultSerializer',
    'values are written by encoders: @Message({ encoders: [MyEncoder] }), or { encode } of a broadcast',
  ),
  UNIQUE_UUID_WEBSOCKET: always('cpr.AtmosphereResource.uniqueUUID', ['true'], 'a connection has one resource'),
  READ_GET_BODY: always('util.IOUtils.readGetBody', ['false'], 'a GET brings no message'),
  PROPERTY_SESSION_SUPPORT: always('cpr.sessionSupport', ['false'], sessions),
  PROPERTY_SESSION_CREATE: always('cpr.sessionCreate', ['false'], sessions),
  SESSION_MAX_INACTIVE_INTERVAL: always('cpr.session.maxInactiveInterval', ['-1'], sessions),
  ANNOTATION_PACKAGE: never('cpr.packages', discovery),
  CUSTOM_ANNOTATION_PACKAGE: never('annotation.packages', discovery),
  SCAN_CLASSPATH: always('cpr.scanClassPath', ['false'], discovery),
  BROADCASTER_MESSAGE_PROCESSING_THREADPOOL_MAXSIZE: never('cpr.broadcaster.maxProcessingThreads', single),
  BROADCASTER_ASYNC_WRITE_THREADPOOL_MAXSIZE: never('cpr.broadcaster.maxAsyncWriteThreads', single),
  BROADCASTER_SHARABLE_THREAD_POOLS: never('cpr.broadcaster.shareableThreadPool', single),
  SCHEDULER_THREADPOOL_MAXSIZE: never('cpr.maxSchedulerThread', single),
  USE_VIRTUAL_THREADS: never('useVirtualThreads', single),
  AUTH_TOKEN_VALIDATOR: never('auth.tokenValidator', authentication),
  AUTH_TOKEN_REFRESHER: never('auth.tokenRefresher', authentication),
  AUTH_DISCONNECT_ON_FAILURE: always(
    'auth.disconnectOnFailure',
    ['true'],
    'AuthInterceptor never lets in, or keeps, a client whose token is not good',
  ),
  REDIS_URL: never('redis.url', clusters),
  REDIS_PASSWORD: never('redis.password', clusters),
  KAFKA_BOOTSTRAP_SERVERS: never('kafka.bootstrap.servers', clusters),
  KAFKA_TOPIC_PREFIX: never('kafka.topic.prefix', clusters),
  KAFKA_GROUP_ID: never('kafka.group.id', clusters),
} as const satisfies Readonly<Record<string, ForeignKey>>;

/** Why a value of such a key can't be had; undefined when it is the case anyway. */
export function objection({ accepts, because }: ForeignKey, value: string): string | undefined {
  const simple = value.startsWith('org.atmosphere.') ? value.slice(value.lastIndexOf('.') + 1) : value;
  if (accepts.some((known) => known.toLowerCase() === simple.toLowerCase())) return undefined;
  const only = accepts.length > 0 ? `can only be ${accepts.join(' or ')}` : 'is not for this framework';
  return `${only}: ${because}`;
}
