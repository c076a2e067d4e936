import type {
  Metadata,
  sendUnaryData,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Failure, isPromise, type App, type Transport } from '@ionosphere/core';
import { Channel, type Outlet } from './channel';
import { hostOf, type Caller } from './grpc-request';
import { decodeMessage, type GrpcMessage } from './message';
import { send } from './send';
import { statusOf } from './status';
import type { Transports } from './wire';

/** What the methods of the service need. */
export interface CallParts {
  readonly app: App;
  readonly transports: Transports;
  /** How many topics a stream may have. */
  readonly maxTopics: number;
  /** How long a stream may be there without a topic, in seconds. */
  readonly idleSeconds: number;
}

/** HTTP/2 error code of a peer that is cut off because it does not read (RFC 9113, 7). */
const ENHANCE_YOUR_CALM = 11;

/** What the library keeps to itself. */
interface Inner {
  readonly nextCall?: Inner;
  readonly stream?: { close?(code: number): void };
}

type WritableCall = ServerDuplexStream<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>;

/** The methods of `AtmosphereService`. */
export function methodsOf(parts: CallParts): UntypedServiceImplementation {
  return {
    Stream: (call: ServerDuplexStream<Buffer, Buffer>) => serveStream(parts, call),
    Subscribe: (call: ServerWritableStream<Buffer, Buffer>) => serveSubscribe(parts, call),
    Send: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => serveSend(parts, call, answer),
  };
}

function serveStream(parts: CallParts, call: ServerDuplexStream<Buffer, Buffer>): void {
  const channel = channelOf(parts, call, parts.transports.bothWays);
  if (!channel) return;
  const watch = new IdleWatch(channel, parts.idleSeconds);
  call.on('data', (bytes: Buffer) => {
    const message = read(bytes);
    if (message instanceof Failure) return channel.fail(message, '');
    const taken = channel.take(message);
    // In order: what follows a SUBSCRIBE is for a topic that is there. And whoever does not read gets no further answers.
    if (isPromise(taken)) {
      call.pause();
      void taken.then(() => {
        watch.restart();
        resume(call, channel);
      });
    } else if (channel.full) call.pause();
    watch.restart();
  });
  call.on('drain', () => {
    channel.drained();
    resume(call, channel);
  });
  call.on('end', () => void channel.finish());
  call.on('close', () => watch.stop());
}

function resume(call: ServerDuplexStream<Buffer, Buffer>, channel: Channel): void {
  if (!channel.full) call.resume();
}

function serveSubscribe(parts: CallParts, call: ServerWritableStream<Buffer, Buffer>): void {
  const channel = channelOf(parts, call, parts.transports.oneWay);
  if (!channel) return;
  call.on('drain', () => channel.drained());
  const message = read(call.request);
  if (message instanceof Failure) return channel.end(message);
  void channel.subscribe(message).then((failure) => failure && channel.end(failure));
}

function serveSend({ app }: CallParts, call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void {
  const fail = (error: unknown): void => {
    const failure = Failure.from(error);
    if (failure.code === 'handler-failed' && failure.cause)
      app.logger.error('A gRPC call failed', { cause: failure.cause });
    answer(statusOf(failure));
  };
  const message = read(call.request);
  if (message instanceof Failure) return fail(message);
  send(app, callerOf(call), message).then((bytes) => answer(null, bytes), fail);
}

/** The channel of a call; undefined when there are too many, which the client is told. */
function channelOf(
  { app, maxTopics, transports: { groups } }: CallParts,
  call: WritableCall,
  transport: Transport,
): Channel | undefined {
  const outlet = outletOf(call);
  try {
    const channel = new Channel({ app, caller: callerOf(call), outlet, transport, groups, maxTopics });
    // Cancelled by the client, its deadline has passed, or the connection broke; also after an end of our own.
    call.on('cancelled', () => channel.lost());
    return channel;
  } catch (error) {
    outlet.end(Failure.from(error));
    return undefined;
  }
}

function outletOf(call: WritableCall): Outlet {
  return {
    write: (message) => call.write(message as Buffer),
    end: (failure) => void (failure ? call.emit('error', statusOf(failure)) : call.end()),
    reset: (failure) => {
      // The library has no way to end a stream before what was written: behind a peer that never reads, it would stay for ever.
      const { call: inner } = call as unknown as { call?: Inner };
      // An interceptor stands between, where there is one (whole-in-time.ts).
      const { stream } = inner?.nextCall ?? inner ?? {};
      if (stream?.close) stream.close(ENHANCE_YOUR_CALM);
      else call.emit('error', statusOf(failure));
    },
  };
}

function callerOf(call: { readonly metadata: Metadata; getPeer(): string }): Caller {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(call.metadata.getMap()))
    headers.set(name, typeof value === 'string' ? value : value.toString('base64'));
  return { headers, remoteAddress: hostOf(call.getPeer()) };
}

function read(bytes: Buffer): GrpcMessage | Failure {
  try {
    return decodeMessage(bytes);
  } catch (cause) {
    return new Failure('malformed-message', 'The bytes are no AtmosphereMessage.', { cause });
  }
}

/** Ends a stream on which nothing is subscribed to, and nothing is said. */
class IdleWatch {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly seconds: number,
  ) {
    this.restart();
  }

  restart(): void {
    this.stop();
    if (!this.channel.idle) return;
    this.#timer = setTimeout(() => {
      const text = `Nothing was subscribed to within ${this.seconds} seconds.`;
      if (this.channel.idle) this.channel.end(new Failure('bad-request', text));
    }, this.seconds * 1000);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
