import { Failure, Refusal, type App, type Request, type WebCalls } from '@ionosphere/core';
import { Arrival, type Door, type Upgrade } from './arrival';
import { addressReader } from './client-address';
import { readBody } from './body';
import { Exchange, type ExchangeSettings, type HeaderPair } from './exchange';
import { checkHandshake } from './handshake';
import { HeldPolls } from './held-polls';
import type { HttpRoutes } from './http-routes';
import { OpenSockets } from './open-sockets';
import type { StaticFiles } from './static-files';
import { checkTls, type TlsOptions } from './tls';
import type { ListenOnHost, Native, TemplatedApp, us_listen_socket } from './uws';
import { serveWebSocket, type WebSocketOptions } from './websocket';

/** What a host is made of. */
export interface HostOptions {
  readonly tls: TlsOptions | undefined;
  readonly files: StaticFiles | undefined;
  readonly routes: HttpRoutes | undefined;
  readonly webSocket: WebSocketOptions;
  readonly basePath: string;
}

/** Owns the uWebSockets.js app: decides what each request is and hands it to a transport. */
export class Host {
  readonly #native: Native;
  readonly #uws: TemplatedApp;
  readonly #app: App;
  readonly #options: HostOptions;
  readonly #sockets = new OpenSockets();
  readonly #door: Door;
  #socket: us_listen_socket | undefined;
  #stopping = false;
  /** Answers gRPC-Web and Connect, where gRPC is served. */
  webCalls: WebCalls | undefined;

  constructor(native: Native, app: App, options: HostOptions) {
    this.#native = native;
    this.#app = app;
    this.#options = options;
    this.#door = {
      app,
      held: new HeldPolls(),
      refuse: (exchange, error, headers) => this.#refuse(exchange, error, headers),
    };
    const { tls } = options;
    if (tls) checkTls(tls);
    this.#uws = tls
      ? native.SSLApp({
          key_file_name: tls.key,
          cert_file_name: tls.cert,
          ...(tls.passphrase !== undefined && { passphrase: tls.passphrase }),
        })
      : native.App();
    const settings: ExchangeSettings = {
      ...app.config,
      addressOf: addressReader(app.config),
      repeated: (query) => app.resources.repeated(query),
      basePath: options.basePath,
    };
    serveWebSocket(this.#uws, app, { ...options.webSocket, sockets: this.#sockets }, settings, (exchange, upgrade) =>
      this.#guarded(exchange, () => this.#admitWebSocket(exchange, upgrade)),
    );
    this.#uws.any('/*', (res, req) => {
      const exchange = new Exchange(res, req, settings);
      this.#guarded(exchange, () => this.#serve(exchange));
    });
  }

  /** Begins to listen; gives the port. */
  listen(host: string | undefined, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const listening = (socket: us_listen_socket | false): void => {
        if (!socket) {
          this.close();
          const where = `${host ?? 'all addresses'}, port ${port}`;
          return reject(new Error(`Can't listen on ${where}: it is in use, or not allowed`));
        }
        this.#socket = socket;
        resolve(this.#native.us_socket_local_port(socket));
      };
      // Shared by default, a port would let a second server by mistake take half of the connections.
      const exclusive = this.#native.LIBUS_LISTEN_EXCLUSIVE_PORT;
      if (host === undefined) this.#uws.listen(port, exclusive, listening);
      else (this.#uws.listen.bind(this.#uws) as unknown as ListenOnHost)(host, port, exclusive, listening);
    });
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
    if (webCalls && exchange.path.startsWith(webCalls.prefix)) return answerWebCall(webCalls, exchange);
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

  #serveOther(exchange: Exchange, request: Request): void {
    const { files } = this.#options;
    if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw new Failure('not-found');
    if (request.path === '/health') return this.#health(exchange);
    if (!files) throw new Failure('not-found');
    files.serve(exchange, request.path).then(
      (served) => {
        if (!served) this.#refuse(exchange, new Failure('not-found'));
      },
      (error: unknown) => this.#refuse(exchange, error),
    );
  }

  #health(exchange: Exchange): void {
    const { resources, broadcasters } = this.#app;
    const status = this.#stopping ? 'stopping' : 'up';
    const body = JSON.stringify({ status, resources: resources.size, broadcasters: broadcasters.all().length });
    exchange.end(
      this.#stopping ? 503 : 200,
      [
        ['Content-Type', 'application/json; charset=utf-8'],
        ['Cache-Control', 'no-store'],
      ],
      body,
    );
  }
}

function answerWebCall(calls: WebCalls, exchange: Exchange): void {
  exchange.readBody(calls.maxBodyBytes);
  exchange.body((body) => calls.serve(exchange, body));
}
