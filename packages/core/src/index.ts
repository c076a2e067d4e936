// For applications.
export { App, type AppOptions } from './app';
export { Broadcaster } from './broadcaster';
export { BroadcasterFactory } from './broadcaster-factory';
export { Call } from './call';
export { type Clock, systemClock } from './clock';
export { binaryCodec, type Decoder, type Encoder, jsonCodec, textCodec } from './codec';
export { type Config, defaultConfig } from './config';
export {
  DeliverTo,
  Disconnect,
  Heartbeat,
  ManagedService,
  Message,
  Named,
  OnError,
  PathParam,
  Ready,
} from './decorators';
export { DeclarationError, Failure } from './errors';
export { type Filter, type FilterAction, type FilterContext } from './filter';
export { type FrameLayer } from './framing';
export { type Interceptor, type InterceptorPriority, type Next } from './interceptor';
export { TrackMessageSizeInterceptor, type TrackMessageSizeOptions } from './interceptors/track-message-size';
export { type LogFields, Logger, silentLogger } from './logger';
export { type Class, type DeliverTarget, type MessageOptions, type Provided, type ServiceOptions } from './metadata';
export { Request } from './request';
export { Resource, type ResourceState } from './resource';
export { ResourceEvent } from './resource-event';
export { ResourceRegistry } from './resource-registry';
export { type MaybePromise } from './settle';

// For transports and for packages of this repository.
export { type LogBounds, type LogEntry, MemoryLog, type MessageLog } from './message-log';
export { inheritedMetadata } from './metadata';
export { type RequestInit, transportNamed, type WireParameters } from './request';
export { isPromise } from './settle';
export {
  type Connection,
  type DetachReason,
  type Frame,
  type Transport,
  type Wire,
  type WriteResult,
} from './transport';
export type { FailureCode, FailureDetail, FailureMessage, Payload, TransportName } from '@ionosphere/protocol';
