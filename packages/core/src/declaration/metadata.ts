import type { AutoPing } from '../resource/auto-ping';
import type { Decoder, Encoder } from '../codec/codec';
import type { Filter } from '../filters/filter';
import type { BroadcasterClass } from '../broadcaster/broadcaster';
import type { ClientRouteMetadata } from '../client-objects/client-route';
import type { ConfigOptions } from '../settings/config';
import type { CacheInspector, MessageLogClass } from '../log/message-log';
import type { FrameStageFactory } from '../web-socket/frame-stage';
import type { Interceptor } from '../interceptors/interceptor';
import type { Limits } from '../limits/limits';
import type { ResourceListener } from '../resource/resource-listener';
import type { SlowClients } from '../resource/slow-clients';
import type { RoomAuthorizer } from '../rooms/room-authorizer';
import type { StandardSchema } from '../dto/standard-schema';
import type { StreamMetadata } from '../streams/stream-service';

/** A class that can be constructed, by whatever arguments. */
export type Class<T = unknown> = new (...args: never[]) => T;

/** An object, or the class that the container makes it from. */
export type Provided<T> = T | Class<T>;

/** Attributes of `@ManagedService`. */
export interface ServiceOptions {
  /** Where the service is: `/chat`, or a template such as `/chat/{room}`, `/doc/{id: [0-9]+}`, `/files/*`. */
  readonly path: string;
  /** Interceptors of this service, after the application's. Default: none. */
  readonly interceptors?: readonly Provided<Interceptor>[];
  /** Filters of this service's broadcasters, after the application's. Default: none. */
  readonly broadcastFilters?: readonly Provided<Filter>[];
  /** Class of the service's broadcasters. Default: `Broadcaster`. */
  readonly broadcaster?: BroadcasterClass;
  /** Class of their logs. Default: `MemoryLog`, with the bounds of the settings. */
  readonly broadcasterCache?: MessageLogClass;
  /** Decide which messages are remembered. Default: all are. */
  readonly cacheInspectors?: readonly Provided<CacheInspector>[];
  /** What is done for clients that do not keep up: a policy, or `coalesce(key)`. Default: as the setting `slowClients` says. */
  readonly slowClients?: SlowClients;
  /** Pings each WebSocket by itself and measures the way to the client and back: `onRoundTrip`. Default: no pings. */
  readonly autoPing?: AutoPing;
  /**
   * Stages below the encoders of each WebSocket, the last next to the wire. Such connections are written to one by one: a
   * broadcast costs a write for each. Default: none.
   */
  readonly frameStages?: readonly FrameStageFactory[];
  /** Listeners of each resource of this service. A class is constructed anew for each resource. Default: none. */
  readonly listeners?: readonly Provided<ResourceListener>[];
  /** Settings that differ from the application's, for this service alone. */
  readonly config?: ConfigOptions;
  /** Limits that differ from the application's, for this service alone: docs/limits.md. */
  readonly limits?: Partial<Limits>;
  /** The same as Atmosphere's strings: `['org.atmosphere.cpr.CometSupport.maxInactiveActivity=120000']`. Constants are in `ApplicationConfig`. */
  readonly atmosphereConfig?: readonly string[];
}

/** Attributes of `@Message`. */
export interface MessageOptions {
  /** Tried in order; the first that accepts the payload decodes it. Default: by the type of the method's parameter. */
  readonly decoders?: readonly Provided<Decoder>[];
  /** Tried in order; the first that accepts the returned value encodes it. Default: text and bytes as they are, all else as JSON. */
  readonly encoders?: readonly Provided<Encoder>[];
  /** Takes only JSON objects whose property `type` has this value. */
  readonly type?: string;
  /** Takes only messages of which this is true: the parsed JSON, or the text or bytes where the parameter is text or bytes. */
  readonly when?: (message: never) => boolean;
  /** Validates with a Standard Schema (zod, valibot, arktype ...) instead of by the parameter's class. */
  readonly schema?: StandardSchema;
  /**
   * Class of the items, where the parameter is an array: `@Message({ items: Line }) onLines(lines: Line[])`. It is not known
   * otherwise, because the compiler writes down `Array` alone. `String`, `Number` and `Boolean` do too; `Object` lets all JSON in.
   */
  readonly items?: Class;
}

/** How `@Post`, `@Put` and `@Delete` read the body. */
export type BodyOptions = Pick<MessageOptions, 'decoders' | 'schema' | 'items'>;

/** What a class can be besides a service: found in the list of services, or by the scan. */
export type Role =
  'interceptor' | 'broadcast-filter' | 'broadcaster-listener' | 'cache-inspector' | 'resource-listener';

/** Who gets what a method returns. */
export type DeliverTarget = 'RESOURCE' | 'BROADCASTER' | 'ALL';

/** What a method is called for. */
export type MethodKind =
  | 'Ready'
  | 'Message'
  | 'Disconnect'
  | 'Heartbeat'
  | 'Resume'
  | 'OnError'
  | 'Get'
  | 'Post'
  | 'Put'
  | 'Delete'
  | 'PostConstruct'
  | 'PreDestroy';

/** One decorated method. */
export interface MethodMetadata {
  readonly kind: MethodKind;
  readonly name: string;
  readonly options: MessageOptions;
}

/** What the decorator of a parameter, or of a field, asks for. */
export interface ParameterMetadata {
  readonly pathParam?: string;
  readonly named?: string;
}

/** All that decorators said of one class. The decorators are its only writer, service.ts is its only reader. */
export interface ClassMetadata {
  service?: ServiceOptions;
  /** Raw WebSocket messages instead of decoded ones. */
  handler?: boolean;
  /** One object for each client: `@AtmosphereRoute`. */
  clients?: ClientRouteMetadata;
  /** Streams of messages: `@StreamService`. */
  stream?: StreamMetadata;
  /** One instance for all concrete paths. */
  singleton?: boolean;
  /** Its path is a room: `@RoomService`. */
  room?: { readonly maxHistory: number };
  roomAuthorizer?: Provided<RoomAuthorizer>;
  /** What the class is registered as, when it is no service. */
  role?: Role;
  /** Field -> what its decorator asks for. */
  readonly fields: Map<string, ParameterMetadata>;
  readonly methods: MethodMetadata[];
  readonly deliverTo: Map<string, DeliverTarget>;
  readonly parameters: Map<string, Map<number, ParameterMetadata>>;
}

const classes = new WeakMap<object, ClassMetadata>();

/** What was said of exactly this class (or prototype owner); made when it is not there yet. */
export function metadataOf(owner: object): ClassMetadata {
  let metadata = classes.get(owner);
  if (!metadata) {
    metadata = { fields: new Map(), methods: [], deliverTo: new Map(), parameters: new Map() };
    classes.set(owner, metadata);
  }
  return metadata;
}

/** What was said of the class and of the classes it extends, the base first. */
export function inheritedMetadata(owner: object): ClassMetadata[] {
  const found: ClassMetadata[] = [];
  for (
    let at: object | null = owner;
    at && at !== Function.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    const metadata = classes.get(at);
    if (metadata) found.unshift(metadata);
  }
  return found;
}
