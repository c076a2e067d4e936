import { Failure, Refusal, type App, type Frame, type Request, type WebCalls } from '@ionosphere/core';
import { Arrival, type Door, type Upgrade } from './arrival';
import { addressReader } from './http/client-address';
import { readBody, readBytes } from './http/body';
import { Exchange, type ExchangeSettings, type HeaderPair } from './http/exchange';
import { checkHandshake } from './http/handshake';
import { tellHealth } from './http/health';
import { HeldPolls } from './transports/held-polls';
import type { HttpRoutes } from './http/http-routes';
import { checkLength } from './http/headers';
import { queryOf } from './http/reading';
import { OpenSockets } from './transports/open-sockets';
import { Poll } from './transports/poll';
import { PollManners } from './transports/poll-manner';
import type { StaticFiles } from './http/static-files';
import type { Relay } from './relay';
import { listen, nativeApp } from './native-app';
import type { TlsOptions } from './tls';
import type {
  AppDescriptor,
  HttpRequest,
  HttpResponse,
  Native,
  SharedApp,
  us_listen_socket,
  us_socket_context_t,
} from './uws';
import { serveWebSocket, type SocketRoute, type WebSocketOptions } from './transports/websocket';

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
  readonly #door: Door;
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
    const { relay, basePath } = options;
    const addressOf = addressReader(app.config);
    this.#door = {
      app,
      basePath,
      held: new HeldPolls(),
      manners: new PollManners(),
      knowsPeers: addressOf === undefined,
      refuse: (exchange, error, headers) => this.#refuse(exchange, error, headers),
    };
    this.#uws = nativeApp(native, options.tls);
    const settings: ExchangeSettings = (this.#settings = {
      ...app.config,
      addressOf,
      repeated: (query) => app.resources.repeated(query),
      basePath,
    });
    const webSocket = { ...options.webSocket, sockets: this.#sockets, relay };
    this.#routes = serveWebSocket(this.#uws, app, webSocket, settings, (exchange, upgrade) =>
      this.#guarded(exchange, () => this.#admitWebSocket(exchange, upgrade)),
    );
    // A method that the library has found need not be asked for.
    this.#uws.get('/*', (res, req) => this.#arrive(res, req, 'GET'));
    this.#uws.any('/*', (res, req) => this.#arrive(res, req, req.getCaseSensitiveMethod()));
  }

  /** What the threads that accept connections know it by. */
  get descriptor(): AppDescriptor {
    return this.#uws.getDescriptor();
  }

  /** A request that another thread passes on: a stand-in for its response answers. */
  take(res: HttpResponse, req: HttpRequest, { remoteAddress, pattern }: Passed): void {
    const exchange = new Exchange(res, req, { ...this.#settings, addressOf: () => remoteAddress, basePath: '' });
    exchange.watch();
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

  #arrive(res: HttpResponse, req: HttpRequest, method: string): void {
    const query = queryOf(req);
    const resting = this.#app.resources.resting(query);
    if (resting instanceof Poll && resting.repeat(res, req, method)) return;
    const exchange = new Exchange(res, req, this.#settings, { query, method });
    exchange.watch();
    if (!this.#options.relay?.forward(exchange)) this.#guarded(exchange, () => this.#serve(exchange));
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
    new Arrival(this.#door, exchange, service).begin();
  }

  #admitWebSocket(exchange: Exchange, upgrade: Upgrade): void {
    const { request } = exchange;
    const service = this.#app.serviceAt(request.path);
    if (!service) throw new Failure('not-found');
    const { transport = 'websocket' } = request.wire;
    if (transport !== 'websocket')
      throw new Failure('unknown-transport', 'What is upgraded is a WebSocket: it can name no other transport.');
    if (!service.config.webSocketSupport) throw new Failure('unsupported-transport');
    checkHandshake(exchange);
    this.#app.admission.knock(request);
    new Arrival(this.#door, exchange, service, upgrade).begin();
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
