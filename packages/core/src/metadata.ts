import type { Decoder, Encoder } from './codec';
import type { Filter } from './filter';
import type { Interceptor } from './interceptor';

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
  /** Filters of this service's broadcasters. Default: none. */
  readonly broadcastFilters?: readonly Filter[];
}

/** Attributes of `@Message`. */
export interface MessageOptions {
  /** Tried in order; the first that accepts the payload decodes it. Default: by the type of the method's parameter. */
  readonly decoders?: readonly Provided<Decoder>[];
  /** Tried in order; the first that accepts the returned value encodes it. Default: text and bytes as they are, all else as JSON. */
  readonly encoders?: readonly Provided<Encoder>[];
}

/** Who gets what a method returns. */
export type DeliverTarget = 'RESOURCE' | 'BROADCASTER' | 'ALL';

/** What a method is called for. */
export type MethodKind = 'Ready' | 'Message' | 'Disconnect' | 'Heartbeat' | 'OnError';

/** One decorated method. */
export interface MethodMetadata {
  readonly kind: MethodKind;
  readonly name: string;
  readonly options: MessageOptions;
}

/** What a parameter decorator asks for. */
export interface ParameterMetadata {
  readonly pathParam?: string;
  readonly named?: string;
}

/** All that decorators said of one class. The decorators are its only writer, service.ts is its only reader. */
export interface ClassMetadata {
  service?: ServiceOptions;
  readonly methods: MethodMetadata[];
  readonly deliverTo: Map<string, DeliverTarget>;
  readonly parameters: Map<string, Map<number, ParameterMetadata>>;
}

const classes = new WeakMap<object, ClassMetadata>();

/** What was said of exactly this class (or prototype owner); made when it is not there yet. */
export function metadataOf(owner: object): ClassMetadata {
  let metadata = classes.get(owner);
  if (!metadata) {
    metadata = { methods: [], deliverTo: new Map(), parameters: new Map() };
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
