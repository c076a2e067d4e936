import {
  Failure,
  Refusal,
  type App,
  type Frame,
  type Request,
  type Resource,
  type Service,
  type TransportName,
  type WebCalls,
} from '@ionosphere/core';
import { Header } from '@ionosphere/protocol';
import { addressReader } from './client-address';
import { readBody, readBytes } from './body';
import { Exchange, type ExchangeSettings, type HeaderPair } from './exchange';
import { checkHandshake } from './handshake';
import { tellHealth } from './health';
import type { HttpRoutes } from './http-routes';
import { checkLength } from './headers';
import { HttpStream } from './http-stream';
import { kindOf } from './http-transports';
import { forget, getOf, inTime, type Decision } from './decision';
import { OpenSockets } from './open-sockets';
import { Poll } from './poll';
import type { StaticFiles } from './static-files';
import type { Relay } from './relay';
import { listen, nativeApp } from './native-app';
import type { TlsOptions } from './tls';
import { receiveInUrl, receivePost } from './uplink';
import type {
  AppDescriptor,
  HttpRequest,
  HttpResponse,
  Native,
  SharedApp,
  us_listen_socket,
  us_socket_context_t,
} from './uws';
import { answerVerb } from './verbs';
import { serveWebSocket, type SocketRoute, type WebSocketOptions } from './websocket';

/** What a host is made of. */
export interface HostOptions {
  readonly tls: TlsOptions | undefined;
  readonly files: StaticFiles | undefined;
  readonly routes: HttpRoutes | undefined;
  readonly webSocket: WebSocketOptions;
  /** There when other threads run the same services. */
  readonly relay?: Relay | undefined;
  readonly basePath: string;
}

/** Owns the uWebSockets.js app: decides what each request is and hands it to a transport. */
export class Host {
  readonly #native: Native;
  readonly #uws: SharedApp;
  readonly #app: App;
  readonly #options: HostOptions;
  readonly #sockets = new OpenSockets();
  #socket: us_listen_socket | undefined;
  readonly #settings: ExchangeSettings;
  readonly #routes: ReadonlyMap<string, SocketRoute>;
  #stopping = false;
  /** Answers gRPC-Web and Connect, where gRPC is served. */
  webCalls: WebCalls | undefined;

  constructor(native: Native, app: App, options: HostOptions) {
    this.#native = native;
    this.#app = app;
    this.#options = options;
    this.#uws = nativeApp(native, options.tls);
    const { relay, basePath } = options;
    const settings = (this.#settings = { ...app.config, addressOf: addressReader(app.config), basePath });
    const webSocket = { ...options.webSocket, sockets: this.#sockets, relay };
    this.#routes = serveWebSocket(this.#uws, app, webSocket, settings, (exchange, upgrade) =>
      this.#guarded(exchange, () => this.#admitWebSocket(exchange, upgrade)),
    );
    this.#uws.any('/*', (res, req) => {
      const exchange = new Exchange(res, req, settings);
      if (!relay?.forward(exchange)) this.#guarded(exchange, () => this.#serve(exchange));
    });
  }

  /** What the threads that accept connections know it by. */
  get descriptor(): AppDescriptor {
    return this.#uws.getDescriptor();
  }

  /** A request that another thread passes on: a stand-in for its response answers. */
  take(res: HttpResponse, req: HttpRequest, { remoteAddress, pattern }: Passed): void {
    const exchange = new Exchange(res, req, { ...this.#settings, addressOf: () => remoteAddress, basePath: '' });
    const route = pattern === undefined ? undefined : this.#routes.get(pattern);
    // The stand-in needs no context: it has its own way to become a WebSocket.
    if (route) route(exchange, undefined as unknown as us_socket_context_t);
    else this.#guarded(exchange, () => this.#serve(exchange));
  }

  /** Sends to all WebSockets of this thread that joined the topic. */
  publish(topic: string, frame: Frame, compress: boolean): void {
    this.#uws.publish(topic, frame, typeof frame !== 'string', compress);
  }

  /** Begins to listen; gives the port. */
  async listen(host: string | undefined, port: number): Promise<number> {
    try {
      this.#socket = await listen(this.#native, this.#uws, { host, port });
    } catch (error) {
      this.close();
      throw error;
    }
    return this.#native.us_socket_local_port(this.#socket);
  }

  /** `/health` says from now on that the end is near. */
  announceStop(): void {
    this.#stopping = true;
  }

  /** No new connections; those that are there go on. */
  drain(): void {
    this.announceStop();
    if (this.#socket) this.#native.us_listen_socket_close(this.#socket);
    this.#socket = undefined;
  }

  /** Resolves when no handler of a route runs any more. */
  async settled(): Promise<void> {
    await this.#options.routes?.settled();
  }

  /** Resolves when no WebSocket is open. */
  emptied(): Promise<void> {
    return this.#sockets.emptied();
  }

  /** Ends every connection. */
  close(): void {
    this.drain();
    this.#uws.close();
  }

  /** Runs a handler; whatever it throws is the answer. */
  #guarded(exchange: Exchange, handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#refuse(exchange, error);
    }
  }

  #refuse(exchange: Exchange, error: unknown, headers: readonly HeaderPair[] = []): void {
    if (error instanceof Refusal) return exchange.answer(error.answer, error.answer.status);
    const failure = Failure.from(error);
    // RFC 9110, 15.5.22: the answer must say to what.
    if (failure.code === 'upgrade-required') headers = [['Upgrade', 'websocket'], ...headers];
    const fields = {
      method: exchange.method,
      path: exchange.path,
      code: failure.code,
      remoteAddress: exchange.remoteAddress,
    };
    if (failure.code === 'handler-failed')
      this.#app.logger.error('A request failed', { ...fields, cause: failure.cause });
    else this.#app.logger.debug('A request was refused', fields);
    this.#app.counters.failed(failure);
    exchange.fail(failure, headers);
  }

  #serve(exchange: Exchange): void {
    const { webCalls } = this;
    if (webCalls && exchange.path.startsWith(webCalls.prefix)) return this.#answerWebCall(webCalls, exchange);
    const { request } = exchange;
    const { routes } = this.#options;
    if (routes?.has(request.path)) {
      return routes.serve(exchange, request, (failure, headers) => this.#refuse(exchange, failure, headers));
    }
    const service = this.#app.serviceAt(request.path);
    if (!service) return this.#serveOther(exchange, request);
    this.#app.admission.knock(request);
    // Interceptors may take their time, and what comes meanwhile would be lost.
    if (request.method === 'POST' || service.verbs.get(request.method)?.read)
      readBody(this.#app, exchange, service.config, (failure) => this.#refuse(exchange, failure));
    this.#intercepted(exchange, service, () => this.#dispatch(exchange, request, service));
  }

  /** Goes on with a request unless an interceptor has answered, or refused, it. */
  #intercepted(exchange: Exchange, service: Service, then: () => void): void {
    inTime(this.#decision(exchange, service), () => this.#app.request(exchange), {
      then: (answer) => (answer ? exchange.answer(answer, 200) : then()),
    });
  }

  #dispatch(exchange: Exchange, request: Request, service: Service): void {
    const { verbs, connects, control } = service;
    const { method } = request;
    // A handler of raw WebSockets speaks nothing else.
    if (control && method !== 'OPTIONS') throw new Failure('upgrade-required');
    const mayConnect = connects(request);
    const fail = (error: unknown): void => this.#refuse(exchange, error);
    if (method === 'POST' && !mayConnect) return receivePost({ app: this.#app, exchange, request, fail });
    const allowed = [...new Set(['OPTIONS', 'GET', 'POST', ...verbs.keys()])].join(', ');
    if (method === 'OPTIONS') return exchange.end(200, [['Allow', allowed]]);
    if (!mayConnect && !verbs.has(method))
      return this.#refuse(exchange, new Failure('method-not-allowed'), [['Allow', allowed]]);
    if (method === 'GET' && request.wire.postBody !== undefined)
      return receiveInUrl({ app: this.#app, exchange, request, fail });
    const name = transportOf(request);
    if (!mayConnect || name === undefined)
      return verbs.has(method) ? answerVerb(this.#app, exchange, request, fail) : exchange.end(200);
    const kind = kindOf(name, request);
    this.#connect({ exchange, request, service, transport: kind.transport.name }, (resource) => {
      if ('holds' in kind) new Poll(kind, request, exchange, resource).open();
      else new HttpStream(kind, exchange, resource).open();
    });
  }

  #admitWebSocket(exchange: Exchange, upgrade: (request: Request, resource: Resource) => void): void {
    const { request } = exchange;
    const service = this.#app.serviceAt(request.path);
    if (!service) throw new Failure('not-found');
    const { transport = 'websocket' } = request.wire;
    if (transport !== 'websocket')
      throw new Failure('unknown-transport', 'What is upgraded is a WebSocket: it can name no other transport.');
    if (!service.config.webSocketSupport) throw new Failure('unsupported-transport');
    checkHandshake(exchange);
    this.#app.admission.knock(request);
    this.#intercepted(exchange, service, () =>
      this.#connect({ exchange, request, service, transport: 'websocket' }, (resource) => upgrade(request, resource)),
    );
  }

  /** Asks the app for the resource; interceptors, and a method for GET, may take their time. */
  #connect({ exchange, request, service, transport }: Arrival, attach: (resource: Resource) => void): void {
    exchange.leaves(this.#app.admission.enter(transport, request.remoteAddress));
    const accept = (resource: Resource): void => {
      if (request.wire.trackingId !== resource.uuid) exchange.setHeader(Header.firstRequest, 'true');
      exchange.setHeader(Header.trackingId, resource.uuid);
      attach(resource);
    };
    const decision = this.#decision(exchange, service);
    const asked = (resource: Resource): void =>
      inTime(decision, () => getOf(resource), {
        then: () => accept(resource),
        dropped: () => forget(resource),
        fail: (error) => exchange.fail(resource.refuse(Failure.from(error))),
      });
    inTime(decision, () => this.#app.connect(request), { then: asked, dropped: forget });
  }

  #decision(exchange: Exchange, { config: { upgradeSeconds: seconds } }: Service): Decision {
    return { app: this.#app, exchange, seconds, refuse: (error) => this.#refuse(exchange, error) };
  }

  #answerWebCall(calls: WebCalls, exchange: Exchange): void {
    checkLength(exchange.headers);
    const { config } = this.#app;
    readBytes(this.#app, exchange, config, calls.maxBodyBytes, (failure) => this.#refuse(exchange, failure));
    exchange.body((body) => this.#guarded(exchange, () => calls.serve(exchange, body)));
  }

  #serveOther(exchange: Exchange, request: Request): void {
    const { files } = this.#options;
    if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw new Failure('not-found');
    if (request.path === '/health')
      return tellHealth(exchange, { app: this.#app, relay: this.#options.relay, stopping: this.#stopping });
    if (!files) throw new Failure('not-found');
    files.serve(exchange, request.path).then(
      (served) => {
        if (!served) this.#refuse(exchange, new Failure('not-found'));
      },
      (error: unknown) => this.#refuse(exchange, error),
    );
  }
}

/** What is known of a request that another thread passes on. */
interface Passed {
  readonly remoteAddress: string;
  /** There when it is to become a WebSocket: the pattern of paths that it came by. */
  readonly pattern: string | undefined;
}

/** A client that wants a connection. */
interface Arrival {
  readonly exchange: Exchange;
  readonly request: Request;
  readonly service: Service;
  readonly transport: TransportName;
}

/** A plain EventSource can't say more than what it accepts. */
function transportOf(request: Request): string | undefined {
  return request.wire.transport ?? (request.header('accept')?.includes('text/event-stream') ? 'sse' : undefined);
}
