import type { Encoder } from '../codec/codec';
import { ManagedService } from '../declaration/decorators';
import { DeclarationError } from '../errors';
import { metadataOf, type Class, type Provided, type ServiceOptions } from '../declaration/metadata';
import type { MessageKind, MessageOf, OpenStreams, StreamHandler } from './streams';

/** What a service of streams says besides what every service says. */
export interface StreamMetadata<K extends MessageKind = MessageKind> {
  /** What its messages are. Default: text. */
  readonly messages?: K | undefined;
  /** Tried in order; the first that accepts a value of `out` encodes it. Default: text and bytes as they are, all else as JSON. */
  readonly encoders?: readonly Provided<Encoder>[] | undefined;
}

/** Attributes of `@StreamService`. */
export interface StreamServiceOptions<K extends MessageKind = MessageKind> extends ServiceOptions, StreamMetadata<K> {}

/** Attributes of a service of streams that is made by a function: those of `@StreamService`, without the path. */
export type StreamOptions<K extends MessageKind = MessageKind> = Omit<StreamServiceOptions<K>, 'path'>;

/**
 * Makes a class with a method `open` a service at a path: it gives the streams of each client.
 *
 * @example
 * \@StreamService('/ticker')
 * class Ticker implements StreamHandler {
 *   open(request: StreamRequest) {
 *     return { in: ignore, out: prices(request.query.get('of')) };
 *   }
 * }
 */
export function StreamService<const K extends MessageKind = 'text'>(options: StreamServiceOptions<K> | string) {
  return (type: Class<StreamHandler<MessageOf<K>>>): void => {
    const { open } = type.prototype as Partial<StreamHandler>;
    if (typeof open !== 'function')
      throw new DeclarationError(`${type.name} has @StreamService but no method open(request) that gives { in, out }`);
    declareStream(type, typeof options === 'string' ? { path: options } : options);
  };
}

/**
 * A service of streams, for the list of services: `services: [stream('/ticker', () => ({ out: prices() }))]`. On an app that
 * runs, `app.stream` does the same.
 */
export function stream<const K extends MessageKind = 'text'>(
  path: string,
  open: OpenStreams<MessageOf<K>>,
  options: StreamOptions<K> = {},
): Class<object> {
  const made = { [`stream('${path}')`]: class {} };
  const [type] = Object.values(made) as [Class<object>];
  if (typeof open !== 'function')
    throw new DeclarationError(`${type.name} needs a function that opens the streams: (request) => ({ in, out })`);
  Object.assign(type.prototype as object, { open });
  declareStream(type, { ...options, path });
  return type;
}

function declareStream(type: Class<object>, options: StreamServiceOptions): void {
  ManagedService(options)(type);
  metadataOf(type).stream = { messages: options.messages, encoders: options.encoders };
}
