import type { ClassNames } from './kinds';

function known<T extends string>(
  names: readonly T[],
  aliases: Readonly<Record<string, NoInfer<T>>>,
  instead: string,
): ClassNames<T> {
  return { names, aliases, instead };
}

export const broadcasterNames = known(
  ['DefaultBroadcaster', 'SimpleBroadcaster', 'ExcludeResourceBroadcaster'],
  { Broadcaster: 'DefaultBroadcaster', ExcludeSessionBroadcaster: 'ExcludeResourceBroadcaster' },
  'a class of your own goes to the services themselves: @ManagedService({ broadcaster: MyBroadcaster })',
);

export const cacheNames = known(
  ['MemoryLog', 'UUIDBroadcasterCache', 'BoundedMemoryCache', 'NoBroadcasterCache'],
  { DefaultBroadcasterCache: 'NoBroadcasterCache' },
  'a class of your own goes to the services themselves: @ManagedService({ broadcasterCache: MyLog })',
);

export const filterNames = known(
  ['XSSHtmlFilter'],
  {},
  'a class of your own is given as it is: broadcastFilters: [MyFilter], or @BroadcasterFilterService()',
);

export const interceptorNames = known(
  [
    'CorsInterceptor',
    'CacheHeadersInterceptor',
    'OnDisconnectInterceptor',
    'PaddingInterceptor',
    'HeartbeatInterceptor',
    'TrackMessageSizeInterceptor',
    'TrackMessageSizeB64Interceptor',
    'AtmosphereResourceLifecycleInterceptor',
    'IdleResourceInterceptor',
    'RateLimitingInterceptor',
    'BroadcastOnPostInterceptor',
    'AtmosphereResourceStateRecovery',
  ],
  {
    PaddingAtmosphereInterceptor: 'PaddingInterceptor',
    BroadcastOnPostAtmosphereInterceptor: 'BroadcastOnPostInterceptor',
  },
  'a class of your own is given as it is, and so are AuthInterceptor and LogContextInterceptor (MDCInterceptor): interceptors: [MyInterceptor], or @AtmosphereInterceptorService()',
);

/** What becomes of the messages of a WebSocket. The first two are one here: a method chooses by its parameter. */
export const webSocketProtocolNames = known(
  ['SimpleHttpProtocol', 'StreamingHttpProtocol', 'EchoProtocol'],
  {},
  'a protocol of your own is an interceptor with `arrival`',
);

export type WebSocketProtocolName = (typeof webSocketProtocolNames)['names'][number];
export type BroadcasterName = (typeof broadcasterNames)['names'][number];
export type CacheName = (typeof cacheNames)['names'][number];
export type FilterName = (typeof filterNames)['names'][number];
export type InterceptorName = (typeof interceptorNames)['names'][number];
