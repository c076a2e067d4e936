import { connectIn } from './connect';
import { browserEnvironment } from './environment';
import type { Api, Client } from './api';
import type { ConnectOptions } from './options';

/**
 * Connects to a service. The client is there at once and connects by itself; what is sent meanwhile waits. Throws a
 * `ClientError` with `bad-option` when the URL, or an option, makes no sense.
 *
 * @example const chat = connect<ChatApi>('/chat/blue');
 */
export function connect<A = Api>(url: string | URL, options?: ConnectOptions): Client<A> {
  return connectIn(browserEnvironment())<A>(url, options);
}

export { capabilities, type Capabilities } from './capabilities';
export { ClientError, type ClientCode } from './errors';
export { TRANSPORTS, type ClientTransport, type ConnectOptions } from './options';
export type { Answered, Api, Asked, Client, ClientEvents, Ending, Received, SendOptions, Sent } from './api';
export type { ClientState, StateChange } from './status';
