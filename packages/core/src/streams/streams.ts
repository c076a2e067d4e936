import type { Payload } from '@ionosphere/protocol';
import type { Failure } from '../errors';
import type { Class } from '../declaration/metadata';
import type { MaybePromise } from '../time/settle';
import type { StandardSchema } from '../dto/standard-schema';
import type { StreamRequest } from './stream-request';

/** The messages of one client: a web stream, which can be read with `for await` as well. */
export type Messages<In> = ReadableStream<In>;

/** Takes what a client sends. When it returns, what still comes is ignored; what it throws ends the connection. */
export type Consumer<In> = (messages: Messages<In>) => unknown;

/** What is sent to a client, one value after the other: as fast as the client takes it. */
export type Source = AsyncIterable<unknown> | Iterable<unknown> | ReadableStream<unknown>;

/** The two directions of one client. */
export interface Streams<In = string> {
  /** Default: `ignore`. */
  readonly in?: Consumer<In>;
  /** Its end ends the connection, when all of it was written. Default: nothing is sent, and the connection stays. */
  readonly out?: Source;
}

/** Makes the streams of a client. A `Failure` that is given back, or thrown, refuses the client. */
export type OpenStreams<In = string> = (request: StreamRequest) => MaybePromise<Streams<In> | Failure>;

/** What a class with `@StreamService` implements. */
export interface StreamHandler<In = string> {
  open(request: StreamRequest): MaybePromise<Streams<In> | Failure>;
}

/** What messages are: text, bytes, JSON without a declared shape, whichever payload comes, a class, or a Standard Schema. */
export type MessageKind = 'text' | 'binary' | 'json' | 'any' | StandardSchema | Class<object>;

/** The type of the messages of a kind. */
export type MessageOf<K extends MessageKind> = K extends 'text'
  ? string
  : K extends 'binary'
    ? Buffer
    : K extends 'json'
      ? unknown
      : K extends 'any'
        ? Payload
        : K extends StandardSchema<infer Output>
          ? Output
          : K extends Class<infer T>
            ? T
            : never;

/** Consumes the messages of a client, and ignores them: `in: ignore`. */
export const ignore: Consumer<unknown> = (messages) => messages.cancel();

/** Sends one value, and ends: `out: once('Hello!')`. */
export function once<T>(value: T): Iterable<T> {
  return [value];
}
