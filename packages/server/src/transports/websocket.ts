import {
  largestMessage,
  type App,
  type Config,
  type Place,
  type Request,
  type Resource,
  type Service,
} from '@ionosphere/core';
import { Exchange, type ExchangeSettings } from '../http/exchange';
import type { OpenSockets } from './open-sockets';
import type { Relay } from '../relay';
import { StagedWebSocketConnection } from './staged-websocket';
import type { TemplatedApp, us_socket_context_t, WebSocketBehavior } from '../uws';
import {
  WebSocketConnection,
  type NativeSocket,
  type SocketEvents,
  type SocketTransport,
  type UserData,
} from './websocket-connection';
import { overlaps, patternOf } from './websocket-patterns';

/** Compression with one window for all connections: the library's SHARED_COMPRESSOR. */
const SHARED_COMPRESSOR = 1;

/**
 * How far beyond the limit a message is read, at most twice the limit: the library cuts what is larger without a close
 * frame, so that the client would not learn why.
 */
const GRACE = 1024 * 1024;

/** Options of the WebSocket transport. */
export interface WebSocketOptions {
  /** How much may wait in the server's memory for one slow reader, in bytes. */
  readonly maxBackpressureBytes: number;
}

/** What the transport is made of. */
export interface WebSocketParts extends WebSocketOptions {
  /** Told of each WebSocket that opens and closes. */
  readonly sockets: OpenSockets;
  /** There when other threads may hold WebSockets for this one. */
  readonly relay?: Relay | undefined;
}

/** Decides on a handshake: answers a refusal itself, or gives a resource to `upgrade`. */
export type Admit = (exchange: Exchange, upgrade: (request: Request, resource: Resource) => void) => void;

/** What becomes of the handshakes of one pattern. */
export type SocketRoute = (exchange: Exchange, context: us_socket_context_t) => void;

/**
 * Serves WebSocket on a uWS app. The library fixes limits and compression per pattern, so each service has its own; what
 * is left is refused. Gives what becomes of the handshakes of each pattern.
 */
export function serveWebSocket(
  native: TemplatedApp,
  app: App,
  options: WebSocketParts,
  requests: ExchangeSettings,
  admit: Admit,
): ReadonlyMap<string, SocketRoute> {
  const patterned = ({ template, config }: Service) => ({ pattern: patternOf(template.text), config });
  const services = app.services.map(patterned);
  const patterns = new Map(
    [{ pattern: '/*', config: app.config }, ...services.toReversed()].map((one) => [one.pattern, one.config]),
  );
  const served = new Map<string, number>();
  const routes = new Map<string, SocketRoute>();
  const serve = (pattern: string, config: Config): void => {
    // The library may choose another of the patterns that fit a path than the router does.
    const fitting = services
      .filter((other) => overlaps(pattern, other.pattern))
      .map((other) => largestMessage(other.config));
    const largest = Math.max(largestMessage(config), ...fitting);
    // For new connections a pattern takes the place of itself; the others go on.
    if (served.get(pattern) === largest) return;
    served.set(pattern, largest);
    const transport = transportOf(native, { config, largest }, options);
    const route: SocketRoute = (exchange, context) =>
      admit(exchange, (request, resource) =>
        handOver(exchange, context, connectionOf(transport, request, resource, exchange.place)),
      );
    routes.set(pattern, route);
    native.ws<UserData>(pattern, behaviour({ config, largest }, options, requests, { pattern, route }));
  };
  for (const [pattern, config] of patterns) serve(pattern, config);
  app.onService = (service) => {
    const added = patterned(service);
    services.push(added);
    if (!patterns.has(added.pattern)) patterns.set(added.pattern, added.config);
    for (const [pattern, config] of patterns) if (overlaps(pattern, added.pattern)) serve(pattern, config);
  };
  return routes;
}

interface Bounds {
  readonly config: Config;
  /** Of the messages that may come, in bytes. */
  readonly largest: number;
}

function transportOf(native: TemplatedApp, bounds: Bounds, options: WebSocketParts): SocketTransport {
  const { compression: compress } = bounds.config;
  const { relay } = options;
  return {
    name: 'websocket',
    oneShot: false,
    duplex: true,
    wire: { name: 'websocket', binary: true, boundary: 'message' },
    publish: relay
      ? (topic, frame) => {
          native.publish(topic, frame, typeof frame !== 'string', compress);
          relay.publish({ topic, frame, compress });
        }
      : (topic, frame) => void native.publish(topic, frame, typeof frame !== 'string', compress),
    compress,
    // Well before the library throws messages away.
    congestion: maxBackpressureOf(bounds, options) / 4,
    relay,
  };
}

function maxBackpressureOf({ largest }: Bounds, { maxBackpressureBytes }: WebSocketOptions): number {
  return Math.max(maxBackpressureBytes, largest * 2);
}

function behaviour(
  bounds: Bounds,
  options: WebSocketParts,
  requests: ExchangeSettings,
  { pattern, route }: { readonly pattern: string; readonly route: SocketRoute },
): WebSocketBehavior<UserData> {
  const { config, largest } = bounds;
  const { relay } = options;
  return {
    compression: config.compression ? SHARED_COMPRESSOR : 0,
    maxPayloadLength: largest + Math.min(largest, GRACE),
    maxBackpressure: maxBackpressureOf(bounds, options),
    closeOnBackpressureLimit: false,
    idleTimeout: config.webSocketIdleSeconds,
    sendPingsAutomatically: true,
    upgrade: (res, req, context: us_socket_context_t) => {
      const exchange = new Exchange(res, req, requests);
      const upgrade = (connection: SocketEvents): void => handOver(exchange, context, connection);
      try {
        if (!relay?.forward(exchange, { pattern, upgrade })) route(exchange, context);
      } finally {
        // Not before: most are WebSockets by now, and need not be told that they are none any more.
        exchange.watch();
      }
    },
    open: (socket: Opened) => {
      options.sockets.opened();
      socket.connection = opening;
      opening?.open(socket);
    },
    message: (socket, data, isBinary) => connectionOn(socket).message(data, isBinary),
    ping: (socket, data) => connectionOn(socket).control('ping', data),
    pong: (socket, data) => connectionOn(socket).control('pong', data),
    dropped: (socket) => connectionOn(socket).dropped(),
    drain: (socket) => connectionOn(socket).drained(),
    close: (socket, code, reason) => {
      options.sockets.closed();
      connectionOn(socket).closed(code, reason);
    },
  };
}

/** A socket, with what was set on the object that stands for it. */
type Opened = NativeSocket & { connection?: SocketEvents | undefined };

/** Whose handshake is being answered: its socket opens before `handOver` returns. */
let opening: SocketEvents | undefined;

/** Turns a request into a WebSocket. */
function handOver(exchange: Exchange, context: us_socket_context_t, connection: SocketEvents): void {
  opening = connection;
  exchange.upgrade(new Handed(connection), context);
  opening = undefined;
}

/**
 * What the library is given with a handshake: nothing that it could copy to the socket, which takes it longer than to set one
 * property there. A response that stands in for another thread's reads it.
 */
class Handed implements UserData {
  readonly #connection: SocketEvents;

  constructor(connection: SocketEvents) {
    this.#connection = connection;
  }

  get connection(): SocketEvents {
    return this.#connection;
  }
}

/** The object that stands for a socket is the same in all events: to read from it spares a call into the library for each. */
function connectionOn(socket: Opened): SocketEvents {
  return socket.connection ?? socket.getUserData().connection;
}

function connectionOf(
  transport: SocketTransport,
  request: Request,
  resource: Resource,
  place: Place | undefined,
): WebSocketConnection {
  const isStaged = resource.endpoint.service.frameStages.length > 0;
  return isStaged
    ? new StagedWebSocketConnection(transport, request, resource, place)
    : new WebSocketConnection(transport, request, resource, place);
}
