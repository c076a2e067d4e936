import type { Payload } from '@ionosphere/protocol';
import type { Call } from '../methods/call';
import { bytesOf, encodeValue, textOf } from '../codec/codec';
import { DeclarationError, Failure } from '../errors';
import type { Handshake } from '../service/entrance';
import { decide, type HandshakeDecision } from './handshake-decision';
import { fold, stagesOf, type Interceptor } from '../interceptors/interceptor';
import type { Chosen, EventMethod, MessageMethod } from '../methods/message-method';
import type { Class } from '../declaration/metadata';
import type { Request } from '../request/request';
import { after, isPromise, type MaybePromise } from '../time/settle';
import { webSocketOf, type WebSocket } from './web-socket';

/**
 * What a class with `@WebSocketHandlerService` may do. Each method is optional; there must be one that takes messages, or
 * `onOpen`. A method that returns a promise holds up the next message of the same client.
 */
export interface WebSocketHandler {
  onOpen?(webSocket: WebSocket): MaybePromise<void>;
  onTextMessage?(webSocket: WebSocket, text: string): MaybePromise<void>;
  onBinaryMessage?(webSocket: WebSocket, bytes: Buffer): MaybePromise<void>;
  /** Instead of `onTextMessage`: the text as a stream of strings. */
  onTextStream?(webSocket: WebSocket, stream: ReadableStream<string>): MaybePromise<void>;
  /** Instead of `onBinaryMessage`: the bytes as a stream. */
  onBinaryStream?(webSocket: WebSocket, stream: ReadableStream<Uint8Array>): MaybePromise<void>;
  /** The client left, vanished for good, or was closed: the resource's end. */
  onClose?(webSocket: WebSocket): MaybePromise<void>;
  /** Something failed; the client was told. */
  onError?(webSocket: WebSocket, failure: Failure): MaybePromise<void>;
  /** The client sent a ping; it has been answered. */
  onPing?(webSocket: WebSocket, data: Buffer): MaybePromise<void>;
  /** The client answered a ping of the application. */
  onPong?(webSocket: WebSocket, data: Buffer): MaybePromise<void>;
  /** The client answered a ping of `autoPing`, which was under way for so many milliseconds. */
  onRoundTrip?(webSocket: WebSocket, millis: number): MaybePromise<void>;
  /** Decides on each handshake, before the WebSocket is open. */
  onHandshake?(request: Request): MaybePromise<HandshakeDecision>;
}

type Handled = keyof WebSocketHandler;

const messageMethods: readonly Handled[] = ['onTextMessage', 'onTextStream', 'onBinaryMessage', 'onBinaryStream'];

/** The part of a service that a handler's methods make. */
export interface HandlerMethods {
  readonly ready: EventMethod | undefined;
  readonly disconnect: EventMethod | undefined;
  readonly onError: EventMethod | undefined;
  readonly choose: (payload: Payload) => Chosen;
  /** Called for control frames. */
  readonly control: (kind: 'ping' | 'pong', call: Call) => unknown;
  /** Called for pings of `autoPing` that were answered. */
  readonly roundTrip: ((call: Call) => unknown) | undefined;
  readonly handshake: Handshake | undefined;
}

/** Compiles the methods of a `@WebSocketHandlerService`. */
export function bindHandler(type: Class<object>, interceptors: readonly Interceptor[]): HandlerMethods {
  const has = (name: Handled): boolean => typeof (type.prototype as WebSocketHandler)[name] === 'function';
  for (const [one, other] of [
    ['onTextMessage', 'onTextStream'],
    ['onBinaryMessage', 'onBinaryStream'],
  ] as const) {
    if (has(one) && has(other))
      throw new DeclarationError(`${type.name} has ${one} and ${other}; a message goes to one of them: keep one`);
  }
  if (!has('onOpen') && !messageMethods.some(has)) {
    throw new DeclarationError(
      `${type.name} has @WebSocketHandlerService but none of onOpen, ${messageMethods.join(', ')}; write one of them`,
    );
  }
  const around = stagesOf(interceptors, 'event');
  const event = (name: Handled, argument: (call: Call) => unknown = () => undefined): EventMethod | undefined =>
    has(name) ? { ...silent, run: fold(around, (call: Call) => invoke(call, name, argument(call))) } : undefined;
  return {
    ready: event('onOpen'),
    disconnect: event('onClose'),
    onError: event('onError', (call) => call.failure),
    choose: messageChooser(has, interceptors),
    roundTrip: has('onRoundTrip') ? (call) => invoke(call, 'onRoundTrip', call.value) : undefined,
    handshake: has('onHandshake')
      ? (request, { instance }) =>
          after((instance as Required<WebSocketHandler>).onHandshake(request), (decision) => {
            decide(`${type.name}.onHandshake`, request, decision);
            return undefined;
          })
      : undefined,
    control: (kind, call) => invoke(call, kind === 'ping' ? 'onPing' : 'onPong', call.value),
  };
}

/** A handler answers by what it writes; what it returns goes nowhere. */
const silent = { target: 'RESOURCE', options: { encode: encodeValue } } as const;

function invoke(call: Call, name: Handled, argument: unknown): unknown {
  const handler = call.endpoint.instance as Record<
    Handled,
    ((webSocket: WebSocket, argument: unknown) => unknown) | undefined
  >;
  const result = handler[name]?.(webSocketOf(call.resource), argument);
  return isPromise(result) ? result.then(() => undefined) : undefined;
}

function messageChooser(
  has: (name: Handled) => boolean,
  interceptors: readonly Interceptor[],
): (payload: Payload) => Chosen {
  const stages = interceptors.flatMap((interceptor) =>
    interceptor.inbound ? [interceptor.inbound.bind(interceptor)] : [],
  );
  const method = (name: Handled): MessageMethod | undefined =>
    has(name)
      ? {
          ...silent,
          name,
          takes: 'any',
          greedy: true,
          selective: false,
          read: ({ payload }) => payload,
          run: fold(stages, (call: Call) => invoke(call, name, call.value)),
        }
      : undefined;
  const [text, textStream, binary, binaryStream] = [
    method('onTextMessage'),
    method('onTextStream'),
    method('onBinaryMessage'),
    method('onBinaryStream'),
  ];
  return (payload) => {
    if (typeof payload === 'string' ? (text ?? textStream) : !(binary ?? binaryStream))
      return chosen(text, textStream, textOf(payload));
    const bytes = bytesOf(payload);
    return chosen(binary, binaryStream, Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes));
  };
}

function chosen(whole: MessageMethod | undefined, stream: MessageMethod | undefined, value: Payload): Chosen {
  if (whole) return { method: whole, value };
  if (stream) return { method: stream, value: streamOf(value) };
  return new Failure('invalid-message', 'This service takes no messages.');
}

function streamOf(value: Payload): ReadableStream<Payload> {
  return new ReadableStream<Payload>({
    start(controller) {
      controller.enqueue(value);
      controller.close();
    },
  });
}
