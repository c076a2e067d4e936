import { Failure, isPromise, Request, transportNamed, type App, type Resource } from '@ionosphere/core';
import { Header } from '@ionosphere/protocol';
import { OriginPolicy, preflightHeaders } from './cors';
import { Exchange, type HeaderPair } from './exchange';
import type { HttpRoutes } from './http-routes';
import { HttpStream } from './http-stream';
import { Poll } from './long-polling';
import { sse } from './sse';
import type { StaticFiles } from './static-files';
import { streaming } from './streaming';
import { checkTls, type TlsOptions } from './tls';
import { receiveClose, receivePost } from './uplink';
import type { ListenOnHost, Native, TemplatedApp, us_listen_socket } from './uws';
import { serveWebSocket, type WebSocketOptions } from './websocket';

/** What a host is made of. */
export interface HostOptions {
  readonly tls: TlsOptions | undefined;
  readonly origins: OriginPolicy;
  readonly files: StaticFiles | undefined;
  readonly routes: HttpRoutes | undefined;
  readonly webSocket: WebSocketOptions;
}

const serviceMethods = 'OPTIONS, GET, POST';

/** Owns the uWebSockets.js app: decides what each request is and hands it to a transport. */
export class Host {
  readonly #native: Native;
  readonly #uws: TemplatedApp;
  readonly #app: App;
  readonly #options: HostOptions;
  #socket: us_listen_socket | undefined;
  #stopping = false;

  constructor(native: Native, app: App, options: HostOptions) {
    this.#native = native;
    this.#app = app;
    this.#options = options;
    const { tls } = options;
    if (tls) checkTls(tls);
    this.#uws = tls
      ? native.SSLApp({
          key_file_name: tls.key,
          cert_file_name: tls.cert,
          ...(tls.passphrase !== undefined && { passphrase: tls.passphrase }),
        })
      : native.App();
    serveWebSocket(this.#uws, app, options.webSocket, (exchange, upgrade) =>
      this.#guarded(exchange, () => this.#admitWebSocket(exchange, upgrade)),
    );
    this.#uws.any('/*', (res, req) => {
      const exchange = new Exchange(res, req);
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

  /** No new connections; those that are there go on, and `/health` says that the end is near. */
  drain(): void {
    this.#stopping = true;
    if (this.#socket) this.#native.us_listen_socket_close(this.#socket);
    this.#socket = undefined;
  }

  /** Resolves when no handler of a route runs any more. */
  async settled(): Promise<void> {
    await this.#options.routes?.settled();
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
    const failure = Failure.from(error);
    const fields = {
      method: exchange.method,
      path: exchange.path,
      code: failure.code,
      remoteAddress: exchange.remoteAddress,
    };
    if (failure.code === 'handler-failed')
      this.#app.logger.error('A request failed', { ...fields, cause: failure.cause });
    else this.#app.logger.debug('A request was refused', fields);
    exchange.fail(failure, headers);
  }

  #serve(exchange: Exchange): void {
    const request = requestOf(exchange);
    const { routes, origins } = this.#options;
    if (routes?.has(request.path)) {
      origins.check(exchange);
      return routes.serve(exchange, request, (failure, headers) => this.#refuse(exchange, failure, headers));
    }
    if (!this.#app.serves(request.path)) return this.#serveOther(exchange, request);
    origins.check(exchange);
    const { transport } = request.wire;
    if (exchange.method === 'OPTIONS') return exchange.end(200, preflightHeaders(serviceMethods));
    if (exchange.method !== 'GET' && exchange.method !== 'POST')
      return this.#refuse(exchange, new Failure('method-not-allowed'), [['Allow', serviceMethods]]);
    if (transport === 'close') return receiveClose(this.#app, exchange, request);
    if (exchange.method === 'POST') return receivePost(this.#app, exchange, request);
    const wantsEvents = transport === undefined && request.header('accept')?.includes('text/event-stream');
    const name = transport === undefined && wantsEvents ? 'sse' : transport;
    if (name === undefined) return exchange.end(200);
    const known = transportNamed(name);
    if (!known)
      throw new Failure(
        'unknown-transport',
        'There is no such transport: use websocket, sse, streaming or long-polling.',
      );
    if (known === 'websocket') throw new Failure('upgrade-required');
    this.#connect(exchange, request, (resource) => {
      if (known === 'long-polling') new Poll(request, exchange, resource).open();
      else new HttpStream(known === 'sse' ? sse : streaming, request, exchange, resource).open();
    });
  }

  #admitWebSocket(exchange: Exchange, upgrade: (request: Request, resource: Resource) => void): void {
    const request = requestOf(exchange);
    if (!this.#app.serves(request.path)) throw new Failure('not-found');
    this.#options.origins.check(exchange);
    this.#connect(exchange, request, (resource) => upgrade(request, resource));
  }

  /** Asks the app for the resource; interceptors may take their time. */
  #connect(exchange: Exchange, request: Request, attach: (resource: Resource) => void): void {
    const accept = (resource: Resource): void => {
      if (!exchange.open) return;
      if (request.wire.trackingId !== resource.uuid) exchange.responseHeaders.push([Header.firstRequest, 'true']);
      exchange.responseHeaders.push([Header.trackingId, resource.uuid]);
      attach(resource);
    };
    const resource = this.#app.connect(request);
    if (!isPromise(resource)) return accept(resource);
    resource.then(
      (later) => this.#guarded(exchange, () => accept(later)),
      (error: unknown) => this.#refuse(exchange, error),
    );
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
    exchange.end(this.#stopping ? 503 : 200, [['Content-Type', 'application/json; charset=utf-8']], body);
  }
}

function requestOf(exchange: Exchange): Request {
  return new Request(exchange);
}
