import { Failure, type WebCall, type WebCalls } from '@ionosphere/core';
import type { CallParts } from './calls';
import { Channel, type Outlet } from './channel';
import { SERVICE_NAME } from './definition';
import type { Caller } from './grpc-request';
import type { GrpcMessage } from './message';
import { send } from './send';
import { textOf, trailersOf } from './status';
import { connectTimeout, Deadline, grpcTimeout, millisOf, type Timeout } from './web-deadline';
import { envelope, jsonCodec, opened, protoCodec, type WebCodec } from './web-codec';
import { headerSetter, WebOrigins } from './web-origins';

/** How one protocol over HTTP/1.1 says things. */
interface Form {
  readonly type: string;
  readonly codec: WebCodec;
  /** Whether the body of a request, and each message of the answer, are in an envelope. */
  readonly enveloped: boolean;
  readonly timeout: Timeout;
  /** The last piece of an answer that goes on. */
  end(failure: Failure | undefined): Uint8Array;
}

/** Names that Connect has for the status codes of gRPC, and the HTTP status of each. */
const connectCodes: Readonly<Record<number, readonly [name: string, status: number]>> = {
  3: ['invalid_argument', 400],
  4: ['deadline_exceeded', 504],
  5: ['not_found', 404],
  6: ['already_exists', 409],
  7: ['permission_denied', 403],
  8: ['resource_exhausted', 429],
  9: ['failed_precondition', 400],
  12: ['unimplemented', 501],
  13: ['internal', 500],
  14: ['unavailable', 503],
  16: ['unauthenticated', 401],
};

function connectError(failure: Failure): object {
  return { code: connectCodes[failure.row.grpc]?.[0] ?? 'unknown', message: textOf(failure) };
}

function connectMetadata(failure: Failure): object {
  return Object.fromEntries(trailersOf(failure).map(([name, value]) => [name, [value]]));
}

const connectEnd = (failure: Failure | undefined): Uint8Array =>
  envelope(
    2,
    Buffer.from(JSON.stringify(failure ? { error: connectError(failure), metadata: connectMetadata(failure) } : {})),
  );

const webEnd = (failure: Failure | undefined): Uint8Array => {
  const lines = [`grpc-status: ${failure?.row.grpc ?? 0}`];
  if (failure) lines.push(`grpc-message: ${encodeURI(textOf(failure))}`);
  if (failure) lines.push(...trailersOf(failure).map(([name, value]) => `${name}: ${value}`));
  return envelope(0x80, Buffer.from(`${lines.join('\r\n')}\r\n`));
};

const connect = { end: connectEnd, timeout: connectTimeout };
const grpcWeb = { end: webEnd, timeout: grpcTimeout };

const forms = new Map<string, Form>(
  [
    { type: 'application/json', codec: jsonCodec, enveloped: false, ...connect },
    { type: 'application/proto', codec: protoCodec, enveloped: false, ...connect },
    { type: 'application/connect+json', codec: jsonCodec, enveloped: true, ...connect },
    { type: 'application/connect+proto', codec: protoCodec, enveloped: true, ...connect },
    { type: 'application/grpc-web', codec: protoCodec, enveloped: true, ...grpcWeb },
    { type: 'application/grpc-web+proto', codec: protoCodec, enveloped: true, ...grpcWeb },
  ].map((form) => [form.type, form]),
);

/** `Subscribe` and `Send` for browsers: Connect and gRPC-Web. */
export function webCallsOf(parts: CallParts, maxBodyBytes: number): WebCalls {
  const prefix = `/${SERVICE_NAME}/`;
  const origins = new WebOrigins(parts.app);
  return {
    prefix,
    maxBodyBytes,
    serve: (call, body) => {
      const isAllowed = origins.admit(call);
      if (call.method === 'OPTIONS') origins.preflight(call, isAllowed);
      else serve(parts, call, call.path.slice(prefix.length), body);
    },
  };
}

function serve(parts: CallParts, call: WebCall, method: string, body: Buffer | undefined): void {
  const [type = ''] = (call.headers.get('content-type') ?? '').toLowerCase().split(/\s*;/);
  const form = forms.get(type);
  if (call.method !== 'POST') return call.end(405, [['Allow', 'POST']], '');
  // As the specifications of Connect and gRPC-Web want it for a type that is not known.
  if (!form) return call.end(415, [['Accept-Post', [...forms.keys()].join(', ')]], '');
  const millis = millisOf(form.timeout, call.headers);
  if (millis instanceof Failure) return answerOnce(call, form, millis);
  // A client whose time was over as it called, and who hears it.
  const message = millis === 0 ? new Failure('deadline-passed') : read(form, body);
  if (method === 'Send') return serveSend(parts, call, form, message, millis);
  if (method === 'Subscribe' && form.enveloped) return serveSubscribe(parts, call, form, message, millis);
  const text = 'Browsers have Send and, on a stream, Subscribe; Stream needs HTTP/2.';
  answerOnce(call, form, new Failure('method-not-allowed', text));
}

function read(form: Form, body: Buffer | undefined): GrpcMessage | Failure {
  if (!body) return new Failure('message-too-large');
  try {
    return form.codec.decode(form.enveloped ? opened(body) : body);
  } catch (cause) {
    return new Failure('malformed-message', 'The body is no AtmosphereMessage.', { cause });
  }
}

function serveSend(
  { app }: CallParts,
  call: WebCall,
  form: Form,
  message: GrpcMessage | Failure,
  millis: number | undefined,
): void {
  if (message instanceof Failure) return answerOnce(call, form, message);
  const deadline = new Deadline(app, millis, () => answerOnce(call, form, new Failure('deadline-passed')));
  call.onGone({ gone: () => deadline.end() });
  const answer = (ack: Uint8Array | Failure): void => {
    if (deadline.end()) answerOnce(call, form, ack);
  };
  send(app, callerOf(call), message).then(answer, (error: unknown) => {
    const failure = Failure.from(error);
    if (failure.code === 'handler-failed' && failure.cause)
      app.logger.error('A gRPC call failed', { cause: failure.cause });
    answer(failure);
  });
}

function answerOnce(call: WebCall, form: Form, answer: Uint8Array | Failure): void {
  const failure = answer instanceof Failure ? answer : undefined;
  const bytes = answer instanceof Failure ? undefined : form.codec.encode(answer);
  const headers = [['Content-Type', form.type]] as const;
  if (form.enveloped)
    return call.end(200, headers, Buffer.concat([...(bytes ? [envelope(0, bytes)] : []), form.end(failure)]));
  if (!failure) return call.end(200, headers, bytes ?? '');
  const { retryAfterSeconds } = failure;
  const told = [
    ['Content-Type', 'application/json'],
    ...(retryAfterSeconds === undefined ? [] : [['Retry-After', String(Math.ceil(retryAfterSeconds))] as const]),
    ...trailersOf(failure),
  ] as const;
  call.end(connectCodes[failure.row.grpc]?.[1] ?? 500, told, JSON.stringify(connectError(failure)));
}

function serveSubscribe(
  { app, transports, maxTopics }: CallParts,
  call: WebCall,
  form: Form,
  message: GrpcMessage | Failure,
  millis: number | undefined,
): void {
  if (message instanceof Failure) return answerOnce(call, form, message);
  const outlet = new WebOutlet(call, form);
  const { oneWay: transport, groups } = transports;
  try {
    const channel = new Channel({ app, caller: callerOf(call), outlet, transport, groups, maxTopics });
    const deadline = new Deadline(app, millis, () => {
      channel.lost();
      outlet.end(new Failure('deadline-passed'));
    });
    outlet.onRoom = () => channel.drained();
    outlet.onEnd = () => deadline.end();
    call.onGone({
      gone: () => {
        deadline.end();
        channel.lost();
      },
    });
    void channel.subscribe(message).then((failure) => failure && channel.end(failure));
  } catch (error) {
    answerOnce(call, form, Failure.from(error));
  }
}

/** An answer that goes on. It begins with the first message, so that a refusal can still be an answer of its own. */
class WebOutlet implements Outlet {
  #begun = false;
  /** Called when there is room again. */
  onRoom: () => void = () => undefined;
  /** Called when it ends. */
  onEnd: () => void = () => undefined;

  constructor(
    private readonly call: WebCall,
    private readonly form: Form,
  ) {}

  write(message: Uint8Array): boolean {
    this.#begin();
    return this.call.write([envelope(0, this.form.codec.encode(message))]);
  }

  end(failure?: Failure): void {
    this.onEnd();
    this.#begin();
    this.call.write([this.form.end(failure)]);
    this.call.finish();
  }

  reset(failure: Failure): void {
    this.end(failure);
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.call.start([['Content-Type', this.form.type]]);
    this.call.onWritable(() => {
      this.onRoom();
      // The library sends on what waits in its memory when something is written, be it nothing.
      this.call.write([]);
    });
  }
}

/** The type of the body is that of the envelope, not of what is in it. */
function callerOf(call: WebCall): Caller {
  const headers = new Map([...call.headers].filter(([name]) => name !== 'content-type'));
  return { headers, remoteAddress: call.remoteAddress, setHeader: headerSetter(call) };
}
