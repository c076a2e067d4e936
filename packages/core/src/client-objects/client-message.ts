import type { Failure } from '../errors';

/** The client is connected: for the first time, or again. */
export interface Connected {
  readonly type: 'Connected';
  /** It was here before, and got all that it had missed. */
  readonly recovered: boolean;
  /** It was here before, and something that it missed is lost. */
  readonly gap: boolean;
}

/** Who ended it: the client left or vanished, or the server closed it. */
export type Disconnector = 'ClientDisconnected' | 'ServerDisconnected';

/** The client is gone for good. It is told once. */
export interface Disconnected {
  readonly type: 'Disconnected';
  readonly by: Disconnector;
  /** Why, when it did not take leave: it vanished, and did not come back in time. */
  readonly error: Error | undefined;
}

export interface TextMessage {
  readonly type: 'TextMessage';
  readonly text: string;
}

export interface JsonMessage {
  readonly type: 'JsonMessage';
  /** Parsed, not checked: `hasShape` looks for what a case needs. */
  readonly content: unknown;
}

export interface BinaryMessage {
  readonly type: 'BinaryMessage';
  readonly bytes: Buffer;
}

/** A message of this client failed; the client was told. */
export interface ErrorEvent {
  readonly type: 'ErrorEvent';
  readonly error: Failure;
}

/** What a client object receives. */
export type ClientMessage = Connected | Disconnected | TextMessage | JsonMessage | BinaryMessage | ErrorEvent;

/** A function for each kind of message. */
export type Cases<R> = { readonly [K in ClientMessage['type']]: (message: Extract<ClientMessage, { type: K }>) => R };

/**
 * Calls the function for the kind of a message. The type checker wants all kinds; with `otherwise`, for the rest, only some.
 *
 * @example
 * return match(message, { TextMessage: ({ text }) => this.send(text), otherwise: () => undefined });
 */
export function match<R>(message: ClientMessage, cases: Cases<R>): R;
export function match<R>(
  message: ClientMessage,
  cases: Partial<Cases<R>> & { readonly otherwise: (message: ClientMessage) => R },
): R;
export function match<R>(
  message: ClientMessage,
  cases: Partial<Cases<R>> & { readonly otherwise?: (message: ClientMessage) => R },
): R {
  const own = Object.hasOwn(cases, message.type) ? cases[message.type] : cases.otherwise;
  if (!own) throw new TypeError(`match has no case for ${message.type}, and no otherwise`);
  return (own as (message: ClientMessage) => R)(message);
}

/** A pattern for JSON: primitives must be equal, `String`, `Number` and `Boolean` stand for any of their kind, objects for those that have such properties. */
export type Shape =
  | string
  | number
  | boolean
  | null
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | { readonly [key: string]: Shape };

/** What JSON of a shape is. */
export type Shaped<S> = S extends StringConstructor
  ? string
  : S extends NumberConstructor
    ? number
    : S extends BooleanConstructor
      ? boolean
      : S extends object
        ? { readonly [K in keyof S]: Shaped<S[K]> }
        : S;

/** Whether JSON has a shape: `if (hasShape(content, { type: 'move', x: Number, y: Number })) go(content.x, content.y)`. */
export function hasShape<const S extends Shape>(content: unknown, shape: S): content is Shaped<S> {
  if (typeof shape === 'function') return typeof content === shape.name.toLowerCase();
  if (typeof shape !== 'object' || shape === null) return content === shape;
  if (typeof content !== 'object' || content === null) return false;
  return Object.entries(shape).every(
    ([key, inner]) => Object.hasOwn(content, key) && hasShape((content as Record<string, unknown>)[key], inner),
  );
}
