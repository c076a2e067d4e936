import {
  makeClientConstructor,
  status,
  type ChannelCredentials,
  type ClientDuplexStream,
  type Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import { ClientError, parseFailure, passing, type Link, type LinkEnd, type OpenLink } from '@ionosphere/client/links';
import {
  formatHandshake,
  gapNotice,
  Parameter,
  parsePosition,
  positionedBytes,
  REPLY_SIGN,
  TEXT_SIGN,
  type Payload,
} from '@ionosphere/protocol';
import { RETRY_HINT } from './answers';
import { clientDefinition, loadDefinition } from './definition';
import { MessageType, type GrpcMessage } from './message';
import { Trailer } from './status';

type Call = ClientDuplexStream<Partial<GrpcMessage>, GrpcMessage>;

/** The method that the library makes from atmosphere.proto. */
interface Stub {
  Stream(metadata: Metadata): Call;
  close(): void;
}

/** The client waits between attempts, so the library need not. */
const channelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.max_receive_message_length': -1,
};

/** How long a server may take to notice that the client has left, in milliseconds. */
const GOODBYE_MILLIS = 2000;

/** Statuses that say of the client what a server of another kind, or a proxy, thinks of it. */
const refusals = new Map([
  [status.UNAUTHENTICATED, 'unauthorized'],
  [status.PERMISSION_DENIED, 'forbidden'],
  [status.UNIMPLEMENTED, 'unsupported'],
] as const);

/** Opens one `Stream` with one topic for each connection; those to one address share what is below. */
export function linkOpener(metadata: Metadata, credentialsFor: (isSecure: boolean) => ChannelCredentials): OpenLink {
  const Client = makeClientConstructor(clientDefinition(loadDefinition()), 'AtmosphereService');
  return ({ url, listener }): Link => {
    const { protocol, host, port, pathname, searchParams } = new URL(url());
    const isSecure = protocol === 'https:';
    const address = port === '' ? `${host}:${isSecure ? 443 : 80}` : host;
    const stub = new Client(address, credentialsFor(isSecure), channelOptions) as unknown as Stub;
    const call = stub.Stream(metadata);
    const topic = topicOf(pathname);
    let over = false;
    let joined = false;
    call.on('data', (message: GrpcMessage) => {
      if (over) return;
      const text = joined || message.type !== MessageType.ACK ? wireForm(message) : handshakeOf(message);
      joined = true;
      if (text === undefined) listener.heard();
      else listener.received(text);
    });
    // What it is comes with the status.
    call.on('error', () => undefined);
    call.on('status', (end: StatusObject) => {
      stub.close();
      if (!over) listener.ended(endOf(end));
      over = true;
    });
    call.write({ type: MessageType.SUBSCRIBE, topic, ...subscriptionOf(searchParams) });
    return {
      send: (payload) => void call.write({ type: MessageType.MESSAGE, topic, payload }),
      close: (leaves) => {
        over = true;
        if (!leaves) return call.cancel();
        call.end();
        const late = setTimeout(() => call.cancel(), GOODBYE_MILLIS);
        call.on('status', () => clearTimeout(late));
      },
    };
  };
}

/** A topic is no URL: nothing in it is encoded but slashes (PROTOCOL.md, "Connect"). */
function topicOf(pathname: string): string {
  const parts = pathname.split(/(%(?:25)*2F)/i);
  return parts.map((part, index) => (index % 2 === 0 ? decoded(part) : part)).join('');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The parameters of a connect, where gRPC has them. */
function subscriptionOf(parameters: URLSearchParams): Pick<GrpcMessage, 'headers' | 'trackingId'> {
  const headers = new Map(parameters);
  const id = headers.get(Parameter.trackingId) ?? '0';
  const position = parsePosition(headers.get(Parameter.position) ?? '');
  for (const name of [Parameter.trackingId, Parameter.transport, Parameter.position]) headers.delete(name);
  if (position) headers.set('epoch', position.epoch).set('offset', String(position.sequence));
  return { headers, trackingId: id === '0' ? '' : id };
}

/** The handshake that an ACK stands for. */
function handshakeOf({ headers, trackingId: uuid }: GrpcMessage): string {
  const [epoch, memory] = [headers.get('epoch'), headers.get('memory')];
  // Where the server says none, the client knows it.
  const position = epoch === undefined ? undefined : { epoch, sequence: Number(headers.get('offset') ?? -1) };
  return formatHandshake({
    uuid,
    heartbeatMillis: Number(headers.get('heartbeat-millis') ?? 0),
    padding: 'X',
    ...(position && { position }),
    ...(position && memory !== undefined && { memory }),
  });
}

/** A message as other transports bring it, with its number in front; undefined when it says only that the server lives. */
function wireForm({ type, headers, payload }: GrpcMessage): Payload | undefined {
  const offset = headers.get('offset');
  if (type === MessageType.HEARTBEAT && headers.get('gap') === 'true') return gapNotice(Number(offset));
  if (type !== MessageType.MESSAGE) return undefined;
  if (offset === undefined) return payload;
  if (typeof payload !== 'string') return positionedBytes(payload, Number(offset));
  return offset + (headers.get('reply') === 'true' ? REPLY_SIGN : TEXT_SIGN) + payload;
}

function endOf({ code, details, metadata }: StatusObject): LinkEnd {
  const [form] = metadata.get(Trailer.failure);
  const [hint] = metadata.get(RETRY_HINT);
  const retryMillis = /^\d{1,9}$/.test(String(hint)) ? Number(hint) : undefined;
  const failure = form === undefined ? undefined : parseFailure(form.toString());
  if (failure)
    return { kind: failure.retry || passing.has(failure.code) ? 'lost' : 'refused', error: failure, retryMillis };
  if (code === status.OK)
    return { kind: 'closed', error: new ClientError('closed', 'The server has ended the stream.') };
  const text = `The stream ended with status ${code}: ${details}`;
  const refusal = refusals.get(code as status.UNIMPLEMENTED);
  if (refusal) return { kind: 'refused', error: new ClientError(refusal, text) };
  return { kind: 'lost', error: new ClientError('unreachable', text), retryMillis };
}
