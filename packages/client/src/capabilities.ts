import { browserEnvironment, type Environment } from './environment';
import { TRANSPORTS, type ClientTransport } from './options';

/** What a platform lets the client do. */
export interface Capabilities {
  /** Whether each transport can be tried here; whether it gets through is seen when it is. */
  readonly transports: Readonly<Record<ClientTransport, boolean>>;
  /** Whether tabs can share one connection. */
  readonly sharing: boolean;
  /** Whether the transport that got through can be remembered beyond the page. */
  readonly remembering: boolean;
  /** Whether the server can be told that the page goes. */
  readonly farewell: boolean;
}

/** What this browser, or this runtime, lets the client do. */
export function capabilities(environment: Environment = browserEnvironment()): Capabilities {
  const streams = environment.fetch !== undefined && typeof ReadableStream === 'function';
  const can = (transport: ClientTransport): boolean =>
    transport === 'websocket' ? environment.socket !== undefined : streams;
  return {
    transports: Object.fromEntries(TRANSPORTS.map((name) => [name, can(name)])) as Record<ClientTransport, boolean>,
    sharing: environment.channel !== undefined && environment.lock !== undefined,
    remembering: environment.storage !== undefined,
    farewell: environment.beacon !== undefined,
  };
}
