import { credentials, Metadata, type ChannelCredentials } from '@grpc/grpc-js';
import { ClientError, connectOver, type Api, type Client, type LinkOptions } from '@ionosphere/client/links';
import { linkOpener } from './link';

/** How a client connects. `headers` are the metadata of the call; `parameters` are told with the subscription. */
export interface GrpcConnectOptions extends LinkOptions {
  /** How it trusts the server, and shows who it is. Default: with `https`, what Node trusts; with `http`, in the clear. */
  readonly channelCredentials?: ChannelCredentials;
}

/**
 * Connects to a service over gRPC, with the interface of `connect` of `@ionosphere/client`. Throws a `ClientError` with
 * `bad-option` when the URL, or an option, makes no sense.
 *
 * @param url host and port of the gRPC server, and the path of the service
 * @example const chat = connect<ChatApi>('http://localhost:9090/chat/blue');
 */
export function connect<A = Api>(url: string | URL, options: GrpcConnectOptions = {}): Client<A> {
  const { channelCredentials, ...rest } = options;
  for (const name of ['transports', 'credentials', 'shared', 'upgradeSeconds', 'rememberSeconds'])
    if (name in rest) throw new ClientError('bad-option', `connect: gRPC has no option "${name}"`);
  const metadata = metadataOf(rest.headers);
  const open = linkOpener(metadata, (isSecure) => channelCredentials ?? credentialsFor(isSecure));
  return connectOver<A>({ name: 'grpc', open }, url, rest);
}

function credentialsFor(isSecure: boolean): ChannelCredentials {
  return isSecure ? credentials.createSsl() : credentials.createInsecure();
}

function metadataOf(headers: Readonly<Record<string, string>> = {}): Metadata {
  const metadata = new Metadata();
  try {
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  } catch (cause) {
    throw new ClientError('bad-option', `connect: headers: ${(cause as Error).message}`, { cause });
  }
  return metadata;
}
