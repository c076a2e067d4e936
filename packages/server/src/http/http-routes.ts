import {
  bodyLimit,
  CorsInterceptor,
  DeclarationError,
  Failure,
  isObject,
  isPromise,
  parseTemplate,
  refuseOption,
  type App,
  type Request,
  type Service,
} from '@ionosphere/core';
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

/** Path -> method -> handler. */
type Handlers = ReadonlyMap<string, ReadonlyMap<string, RouteHandler>>;

/** The handlers by path and method. Throws a `DeclarationError` when one can't be a route. */
export function readRoutes(where: string, routes: unknown): Handlers {
  const byPath = new Map<string, Map<string, RouteHandler>>();
  if (!isObject(routes)) refuseOption(where, routes, "an object, such as { 'GET /status': () => ({ ok: true }) }");
  for (const [route, handler] of Object.entries(routes)) {
    const [, method = '', path = ''] = /^(\S+) (\/.*)$/.exec(route) ?? [];
    if (!methods.has(method))
      throw new DeclarationError(`${where}: "${route}" is no route; write a method and a path, such as "GET /status"`);
    checkPath(`${where}: "${route}"`, path);
    if (typeof handler !== 'function')
      refuseOption(`${where}: "${route}"`, handler, 'a function, such as (request) => ({ ok: true })');
    const known = byPath.get(path) ?? new Map<string, RouteHandler>();
    byPath.set(path, known.set(method, handler as RouteHandler));
  }
  return byPath;
}

function checkPath(where: string, path: string): void {
  if (/[{}*]|\/:/.test(path)) {
    const template = path.replace(/\/:(\w+)/g, '/{$1}');
    throw new DeclarationError(
      `${where} would be reached at just that path: paths of routes are exact. Variables are for services: @ManagedService('${template}'), whose methods with @Get, @Post, @Put and @Delete answer, and get them with @PathParam`,
    );
  }
  if (path === '/health')
    throw new DeclarationError(
      `${where} is the server's own, which says when it stops; take another path, such as "/healthz"`,
    );
  // What no request's path is, is no service's either.
  parseTemplate(path, where);
}

/** What `HttpRoutes` tells of a request that it could not answer. */
type Refuse = (failure: unknown, headers?: readonly HeaderPair[]) => void;

/** The application's own HTTP handlers, by path and method. */
export class HttpRoutes {
  readonly #byPath: Handlers;
  readonly #running = new Set<PromiseLike<unknown>>();

  readonly #app: App;
  readonly #cors: CorsInterceptor;

  /**
   * Throws a `DeclarationError` when a service is at the path of a route, now or when it is added.
   *
   * @param app whose settings hold for the routes
   */
  constructor(routes: Routes, app: App) {
    this.#app = app;
    this.#cors = CorsInterceptor.of(app.config);
    this.#byPath = readRoutes('routes', routes);
    for (const service of app.services) this.#checkPath(service);
    app.beforeService = (service) => this.#checkPath(service);
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

  /** Beside a template a route is one of its paths, and meant; at the same path only one of the two would be reached. */
  #checkPath({ type, template }: Service): void {
    const handlers = this.#byPath.get(template.text);
    if (!handlers) return;
    const [method = ''] = handlers.keys();
    throw new DeclarationError(
      `routes: "${method} ${template.text}" is at the path of ${type.name}, whose clients would not get there; give one of them another path, or ${type.name} a method with @Get, @Post, @Put or @Delete`,
    );
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
