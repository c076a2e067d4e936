import { bodyLimit, CorsInterceptor, Failure, isPromise, type App, type Request } from '@ionosphere/core';
import { readBody, tooLarge } from './body';
import type { Exchange, HeaderPair } from './exchange';

/** A plain HTTP request as a route sees it. A snapshot: it stays valid for as long as you keep it. */
export interface RouteRequest {
  readonly method: string;
  /** Path, percent-decoded. */
  readonly path: string;
  /** Query parameters; those of the Atmosphere protocol are not among them. A repeated name keeps its last value. */
  readonly query: ReadonlyMap<string, string>;
  /** Header names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  /** Body as it came, up to `maxBodyBytes`; empty for GET and DELETE. */
  readonly body: Buffer;
  /** Body as UTF-8 text. */
  text(): string;
  /** Body as JSON. Throws `malformed-message` when it is none. */
  json(): unknown;
}

/**
 * Answers a request, now or later: with a `HttpAnswer` (an object with a numeric `status` and nothing but `status`,
 * `headers` and `body`), with text or bytes, with any other value as JSON, or with nothing (204). What it throws is
 * answered as everywhere: a `Failure` as it says, all else as `handler-failed`, with the cause in the log.
 */
export type RouteHandler = (request: RouteRequest, app: App) => unknown;

/** Plain HTTP beside the services: `{ 'GET /status': () => ({ ok: true }) }`. Paths are exact, and percent-decoded. */
export type Routes = { readonly [route: `${RouteMethod} /${string}`]: RouteHandler };

/** Methods that a route may have. */
export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const methods: ReadonlySet<string> = new Set<RouteMethod>(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** What `HttpRoutes` tells of a request that it could not answer. */
type Refuse = (failure: unknown, headers?: readonly HeaderPair[]) => void;

/** The application's own HTTP handlers, by path and method. */
export class HttpRoutes {
  readonly #byPath = new Map<string, Map<string, RouteHandler>>();
  readonly #running = new Set<PromiseLike<unknown>>();

  readonly #app: App;
  readonly #cors: CorsInterceptor;

  /** @param app whose settings hold for the routes */
  constructor(routes: Routes, app: App) {
    this.#app = app;
    this.#cors = CorsInterceptor.of(app.config);
    for (const [route, handler] of Object.entries<RouteHandler>(routes)) {
      const [, method = '', path = ''] = /^(\S+) (\/.*)$/.exec(route) ?? [];
      if (!methods.has(method)) {
        throw new RangeError(`routes: "${route}" is no route; write a method and a path, such as "GET /status"`);
      }
      const known = this.#byPath.get(path) ?? new Map<string, RouteHandler>();
      this.#byPath.set(path, known.set(method, handler));
    }
  }

  has(path: string): boolean {
    return this.#byPath.has(path);
  }

  /** Answers a request for a path that is one of the routes. */
  serve(exchange: Exchange, request: Request, refuse: Refuse): void {
    this.#cors.check(exchange);
    exchange.setHeader('Cache-Control', 'no-store');
    const handlers = this.#byPath.get(request.path) ?? new Map<string, RouteHandler>();
    const allowed = ['OPTIONS', ...(handlers.has('GET') ? ['HEAD'] : []), ...handlers.keys()].join(', ');
    if (exchange.method === 'OPTIONS')
      return exchange.end(200, [['Allow', allowed], ...Object.entries(this.#cors.preflight(allowed))]);
    const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
    const handler = handlers.get(method);
    if (!handler) return refuse(new Failure('method-not-allowed'), [['Allow', allowed]]);
    if (method === 'GET' || method === 'DELETE') return this.#run(handler, exchange, request, Buffer.alloc(0), refuse);
    const { config } = this.#app;
    readBody(this.#app, exchange, config, refuse);
    exchange.body((body) => {
      if (body) this.#run(handler, exchange, request, body, refuse);
      else refuse(tooLarge(bodyLimit(config), 'maxBodyBytes'));
    });
  }

  /** Resolves when no handler runs any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }

  #run(handler: RouteHandler, exchange: Exchange, request: Request, body: Buffer, refuse: Refuse): void {
    try {
      const result = handler(routeRequest(request, body), this.#app);
      if (!isPromise(result)) return exchange.answer(result, 204);
      const work = result
        .then((value: unknown) => exchange.answer(value, 204))
        .then(undefined, (error: unknown) => refuse(error))
        .then(() => void this.#running.delete(work));
      this.#running.add(work);
    } catch (error) {
      refuse(error);
    }
  }
}

function routeRequest({ method, path, query, headers, remoteAddress }: Request, body: Buffer): RouteRequest {
  const text = (): string => body.toString();
  const json = (): unknown => {
    try {
      return JSON.parse(text());
    } catch (cause) {
      throw new Failure('malformed-message', 'The body is not valid JSON.', { cause });
    }
  };
  return { method, path, query, headers, remoteAddress, body, text, json };
}
