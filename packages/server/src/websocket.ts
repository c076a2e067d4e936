import { largestMessage, type App, type Config, type Request, type Resource, type Service } from '@ionosphere/core';
import { Exchange, type ExchangeSettings } from './exchange';
import type { OpenSockets } from './open-sockets';
import { StagedWebSocketConnection } from './staged-websocket';
import type { TemplatedApp, us_socket_context_t, WebSocket, WebSocketBehavior } from './uws';
import { WebSocketConnection, type SocketTransport, type UserData } from './websocket-connection';

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
}

/** Decides on a handshake: answers a refusal itself, or gives a resource to `upgrade`. */
export type Admit = (exchange: Exchange, upgrade: (request: Request, resource: Resource) => void) => void;

/**
 * Serves WebSocket on a uWS app. The library fixes limits and compression per pattern, so each service has its own; what
 * is left is refused.
 */
export function serveWebSocket(
  native: TemplatedApp,
  app: App,
  options: WebSocketParts,
  requests: ExchangeSettings,
  admit: Admit,
): void {
  const patterned = ({ template, config }: Service) => ({ pattern: patternOf(template.text), config });
  const services = app.services.map(patterned);
  const patterns = new Map(
    [{ pattern: '/*', config: app.config }, ...services.toReversed()].map((one) => [one.pattern, one.config]),
  );
  const served = new Map<string, number>();
  const serve = (pattern: string, config: Config): void => {
    // The library may choose another of the patterns that fit a path than the router does.
    const fitting = services
      .filter((other) => overlaps(pattern, other.pattern))
      .map((other) => largestMessage(other.config));
    const largest = Math.max(largestMessage(config), ...fitting);
    // For new connections a pattern takes the place of itself; the others go on.
    if (served.get(pattern) === largest) return;
    served.set(pattern, largest);
    native.ws<UserData>(pattern, behaviour(native, app, { config, largest }, options, requests, admit));
  };
  for (const [pattern, config] of patterns) serve(pattern, config);
  app.onService = (service) => {
    const added = patterned(service);
    services.push(added);
    if (!patterns.has(added.pattern)) patterns.set(added.pattern, added.config);
    for (const [pattern, config] of patterns) if (overlaps(pattern, added.pattern)) serve(pattern, config);
  };
}

function behaviour(
  native: TemplatedApp,
  { admission }: App,
  { config, largest }: { readonly config: Config; readonly largest: number },
  options: WebSocketParts,
  requests: ExchangeSettings,
  admit: Admit,
): WebSocketBehavior<UserData> {
  const { compression } = config;
  const maxBackpressure = Math.max(options.maxBackpressureBytes, largest * 2);
  const transport: SocketTransport = {
    name: 'websocket',
    oneShot: false,
    duplex: true,
    wire: { name: 'websocket', binary: true, boundary: 'message' },
    publish: (topic, frame) => void native.publish(topic, frame, typeof frame !== 'string', compression),
    compress: compression,
    // Well before the library throws messages away.
    congestion: maxBackpressure / 4,
  };
  return {
    compression: compression ? SHARED_COMPRESSOR : 0,
    maxPayloadLength: largest + Math.min(largest, GRACE),
    maxBackpressure,
    closeOnBackpressureLimit: false,
    idleTimeout: config.webSocketIdleSeconds,
    sendPingsAutomatically: true,
    upgrade: (res, req, context: us_socket_context_t) => {
      const exchange = new Exchange(res, req, requests);
      admit(exchange, (request, resource) =>
        exchange.upgrade({ connection: connectionOf(transport, request, resource) }, context),
      );
    },
    open: (socket) => {
      options.sockets.opened();
      socket.getUserData().connection.open(socket);
    },
    message: (socket, data, isBinary) => connectionOn(socket).message(data, isBinary),
    ping: (socket, data) => socket.getUserData().connection.control('ping', data),
    pong: (socket, data) => socket.getUserData().connection.control('pong', data),
    dropped: (socket) => socket.getUserData().connection.dropped(),
    drain: (socket) => socket.getUserData().connection.drained(),
    close: (socket, code, reason) => {
      options.sockets.closed();
      const { connection } = socket.getUserData();
      admission.leave('websocket', connection.request.remoteAddress);
      connection.closed(code, reason);
    },
  };
}

/**
 * What the library keeps with a socket, it keeps on the socket itself: to read it there spares a call into the library for
 * each message. Where it does not, it is asked.
 */
function connectionOn(socket: WebSocket<UserData> & Partial<UserData>): WebSocketConnection {
  return socket.connection ?? socket.getUserData().connection;
}

function connectionOf(transport: SocketTransport, request: Request, resource: Resource): WebSocketConnection {
  const isStaged = resource.endpoint.service.frameStages.length > 0;
  return new (isStaged ? StagedWebSocketConnection : WebSocketConnection)(transport, request, resource);
}

/** Whether a path may fit both patterns. */
function overlaps(one: string, other: string): boolean {
  const [a, b] = [one.split('/'), other.split('/')];
  for (const [index, segment] of a.entries()) {
    const opposite = b[index];
    if (segment === '*' || opposite === '*') return true;
    if (opposite === undefined) return false;
    if (segment !== opposite && !segment.startsWith(':') && !opposite.startsWith(':')) return false;
  }
  return a.length === b.length || b[a.length] === '*';
}

/** A path template as the library writes it. A variable with a pattern may span segments, so the rest is left open there. */
function patternOf(template: string): string {
  const [before = '', variable] = template.split(/(?=\{[^}]*:)/);
  const start = variable === undefined ? template : `${before}*`;
  return start.replace(/\{\s*(\w+)\s*\}/g, ':$1');
}
