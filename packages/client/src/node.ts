import type { Api, Client } from './api';
import { capabilities as capabilitiesOf, type Capabilities } from './capabilities';
import { connectIn } from './connect';
import { basics, type Environment, type Socket } from './environment';
import { settingsOf, type ConnectOptions } from './options';
import { WebSocket } from './ws';

/** How long a WebSocket that was closed may wait for its peer, in milliseconds. */
const CLOSE_MILLIS = 1000;

function nodeEnvironment(headers: Readonly<Record<string, string>> = {}): Environment {
  // The types do not know `closeTimeout` yet.
  const options = { headers, closeTimeout: CLOSE_MILLIS, perMessageDeflate: false };
  return {
    ...basics(),
    socket: (url) => new WebSocket(url, options) as unknown as Socket,
    fetch: (input, init) => globalThis.fetch(input, init),
    isOnline: () => true,
    isHidden: () => false,
    watch: () => () => undefined,
    report: (error) => process.emitWarning(error instanceof Error ? error : String(error)),
  };
}

/** `connect` of the package, for Node: WebSockets are those of `ws`, and carry the `headers` of the options. */
export function connect<A = Api>(url: string | URL, options: ConnectOptions = {}): Client<A> {
  const { headers } = settingsOf(url, options, nodeEnvironment());
  return connectIn(nodeEnvironment(headers))<A>(url, options);
}

/** What Node lets the client do. */
export function capabilities(): Capabilities {
  return capabilitiesOf(nodeEnvironment());
}

export { openSocket, type RawSocket, type RawSocketEnd, type RawSocketOptions } from './raw-socket';
export { ClientError, type ClientCode } from './errors';
export { TRANSPORTS, type ClientTransport, type ConnectOptions } from './options';
export type { Capabilities } from './capabilities';
export type { Answered, Api, Asked, Client, ClientEvents, Ending, Received, SendOptions, Sent } from './api';
export type { ClientState, StateChange } from './status';
