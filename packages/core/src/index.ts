// For applications.
export { App, type AppOptions } from './app/app';
export { type AutoPing, pongArrived, roundTripOf } from './resource/auto-ping';
export { type Receivers } from './broadcaster/audience';
export {
  Broadcaster,
  type BroadcasterClass,
  type BroadcastOptions,
  type SuspendPolicy,
} from './broadcaster/broadcaster';
export { BroadcasterFactory } from './broadcaster/broadcaster-factory';
export { ExcludeResourceBroadcaster } from './broadcaster/exclude-resource-broadcaster';
export { SimpleBroadcaster } from './broadcaster/simple-broadcaster';
export { type BroadcasterListener } from './broadcaster/broadcaster-listener';
export { BoundedMemoryCache } from './log/bounded-memory-cache';
export { NoBroadcasterCache } from './log/no-cache';
export { UUIDBroadcasterCache } from './log/uuid-broadcaster-cache';
export { Call } from './methods/call';
export { AtmosphereClient } from './client-objects/atmosphere-client';
export { atmosphere, type AtmosphereOptions, AtmosphereRoute } from './client-objects/atmosphere-route';
export {
  ClientFilter,
  clientFilter,
  type ClientPredicate,
  Everyone,
  OnlySelf,
  SkipSelf,
} from './client-objects/client-filter';
export {
  type BinaryMessage,
  type Cases,
  type ClientMessage,
  type Connected,
  type Disconnected,
  type Disconnector,
  type ErrorEvent,
  hasShape,
  type JsonMessage,
  match,
  type Shape,
  type Shaped,
  type TextMessage,
} from './client-objects/client-message';
export { type AtmosphereRouteOptions, type ClientRouteOptions } from './client-objects/client-route';
export { WireFormat } from './client-objects/wire-format';
export { type Clock, systemClock } from './time/clock';
export { binaryCodec, type Decoder, type Encoder, jsonCodec, textCodec } from './codec/codec';
export { ApplicationConfig, type ApplicationConfigName } from './settings/application-config';
export { type Config, type ConfigOptions, defaultConfig } from './settings/config';
export { Counters, type CounterSnapshot } from './limits/counters';
export {
  AtmosphereInterceptorService,
  AtmosphereResourceListenerService,
  BroadcasterCacheInspectorService,
  BroadcasterFilterService,
  BroadcasterListenerService,
  Delete,
  DeliverTo,
  Disconnect,
  Get,
  Heartbeat,
  ManagedService,
  Message,
  Named,
  OnError,
  PathParam,
  Post,
  PostConstruct,
  PreDestroy,
  Put,
  Ready,
  Resume,
  Singleton,
  WebSocketHandlerService,
} from './declaration/decorators';
export { Delivery, type DeliveryReport } from './broadcaster/delivery';
export { DurableLog, type DurableLogParts } from './log/durable-log';
export {
  type DurableStore,
  type LogChanges,
  type SavedLog,
  type SavedMembership,
  type SavedMessage,
  type ResourceKey,
  type SavedResource,
  type SavedSubscription,
  type StoreChanges,
  type StoreStart,
} from './log/durable-store';
export { DeclarationError, Failure } from './errors';
export type { ServiceLifeCycle } from './service/life-hooks';
export type { StopOptions } from './app/shutdown';
export { type Filter, type FilterAction, type FilterContext } from './filters/filter';
export { XSSHtmlFilter } from './filters/xss-html-filter';
export { type FrameStage, type FrameStageFactory, FrameStages } from './web-socket/frame-stage';
export { type FrameLayer } from './codec/framing';
export { type GrpcListener, type GrpcOptions, type GrpcTlsOptions, type WebCall, type WebCalls } from './grpc-options';
export { type HandshakeDecision, Refusal, subProtocolOf } from './web-socket/handshake-decision';
export { type HttpAnswer, type HttpExchange } from './request/http';
export {
  type Arrival,
  type HeartbeatPlan,
  type Interceptor,
  type InterceptorContext,
  type InterceptorPriority,
  type Next,
} from './interceptors/interceptor';
export { AuthInterceptor, authenticationOf, type AuthOptions } from './interceptors/auth';
export { BroadcastOnPostInterceptor } from './interceptors/broadcast-on-post';
export { CacheHeadersInterceptor } from './interceptors/cache-headers';
export { CorsInterceptor, type CorsOptions } from './interceptors/cors';
export { HeartbeatInterceptor } from './interceptors/heartbeat';
export { IdleResourceInterceptor, type IdleResourceOptions } from './interceptors/idle-resource';
export {
  AtmosphereResourceLifecycleInterceptor,
  type AtmosphereResourceLifecycleOptions,
} from './interceptors/lifecycle';
export { OnDisconnectInterceptor } from './interceptors/on-disconnect';
export { PaddingInterceptor } from './interceptors/padding';
export { RateLimitingInterceptor, type RateLimitingOptions, type RateLimitPolicy } from './interceptors/rate-limiting';
export { AtmosphereResourceStateRecovery } from './interceptors/state-recovery';
export { type Authentication, type TokenFunctions } from './interceptors/token-check';
export { TrackMessageSizeB64Interceptor } from './interceptors/track-message-size-b64';
export { TrackMessageSizeInterceptor, type TrackMessageSizeOptions } from './interceptors/track-message-size';
export { type LifeCycleListener, type LifeCyclePolicy } from './broadcaster/life-cycle';
export { type LimitName, type Limits } from './limits/limits';
export { type LogFields, Logger, silentLogger } from './logger';
export { type CacheInspector, type LogBounds, type LogEntry, MemoryLog, type MessageLog } from './log/message-log';
export { MetaBroadcaster } from './app/meta-broadcaster';
export {
  type Class,
  type DeliverTarget,
  type MessageOptions,
  type Provided,
  type ServiceOptions,
} from './declaration/metadata';
export { Request } from './request/request';
export type { ResourceState } from './resource/deadline';
export { Resource } from './resource/resource';
export { ResourceEvent } from './resource/resource-event';
export { ResourceFactory } from './resource/resource-factory';
export { type ResourceListener } from './resource/resource-listener';
export { Room } from './rooms/room';
export { type RoomAction, type RoomAuthorizer } from './rooms/room-authorizer';
export { RoomAuth, RoomService, type RoomServiceOptions } from './rooms/room-decorators';
export { type RoomMessage } from './rooms/room-history';
export { type PresenceEvent, type PresenceListener } from './rooms/room-host';
export { RoomManager, type RoomOptions } from './rooms/room-manager';
export { type RoomMember } from './rooms/room-member';
export { RoomProtocolInterceptor, type RoomProtocolOptions } from './rooms/room-protocol-interceptor';
export { type RoomRequest } from './rooms/room-request';
export { type Scheduled } from './broadcaster/schedule';
export { type MaybePromise } from './time/settle';
export { coalesce, type Coalescing, type SlowClientPolicy, type SlowClients } from './resource/slow-clients';
export { type StandardSchema } from './dto/standard-schema';
export { StreamRequest } from './streams/stream-request';
export { stream, type StreamOptions, StreamService, type StreamServiceOptions } from './streams/stream-service';
export {
  type Consumer,
  ignore,
  type MessageKind,
  type MessageOf,
  type Messages,
  once,
  type OpenStreams,
  type Source,
  type StreamHandler,
  type Streams,
} from './streams/streams';
export { WebSocket, webSocketOf } from './web-socket/web-socket';
export { type WebSocketHandler } from './web-socket/web-socket-handler';

// For transports and for packages of this repository.
export { type Crossed, type CrossedMessage, type Siblings } from './broadcaster/siblings';
export { copyOf } from './request/shared';
export { appOptions } from './app/app-options';
export { seconds, type Wanted, whole } from './settings/kinds';
export {
  checkEach,
  type Checks,
  checkedElsewhere,
  isObject,
  must,
  mustBeObject,
  mustBeText,
  mustHave,
  refuseOption,
} from './settings/options';
export { parseTemplate } from './request/template';
export { configOfApp } from './settings/of-app';
export { isRegistrable } from './declaration/registration';
export { type Service } from './service/service';
export type { Admission, Place } from './limits/admission';
export { limitReached } from './limits/limits';
export { bodyLimit, largestMessage, messageLimit } from './request/message-limit';
export { Reply } from './resource/reply';
export { Run } from './resource/run';
export { memoryOf, refuseMessage } from './resource/requests';
export { type Peer, type RequestInit, transportNamed } from './request/request';
export type { RequestSettings } from './request/query';
export type { WireParameters } from './request/wire';
export { FieldCollector, Fields } from './request/fields';
export { sharedText } from './request/shared';
export { recentSecond } from './time/second';
export { after, isPromise } from './time/settle';
export { type Timer } from './time/timers';
export {
  type Connection,
  type DetachReason,
  type Frame,
  type Transport,
  type Wire,
  type WriteResult,
} from './transport';
export type { FailureCode, FailureDetail, FailureMessage, Payload, TransportName } from '@ionosphere/protocol';
