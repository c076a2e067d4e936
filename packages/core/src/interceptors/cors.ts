import { Header, Parameter } from '@ionosphere/protocol';
import type { Config } from '../settings/config';
import { DeclarationError, Failure } from '../errors';
import type { HttpAnswer, HttpExchange } from '../request/http';
import type { Interceptor, Next } from './interceptor';
import type { Request } from '../request/request';
import type { MaybePromise } from '../time/settle';

const exposed = [
  Header.trackingId,
  Parameter.heartbeat,
  Header.sessionToken,
  Header.authRefresh,
  Header.authExpired,
  Header.error,
].join(', ');
const allowed = ['Origin', 'X-Requested-With', 'Last-Event-ID', ...Object.values(Parameter)].join(', ');

/** How the `CorsInterceptor` may differ. */
export interface CorsOptions {
  /** Methods that a preflight allows. Default `OPTIONS, GET, POST`. */
  readonly methods?: string;
  /** Whether pages that are allowed are told so, without which they can't read answers. Default: yes. */
  readonly headers?: boolean;
  /** Whether WebSockets of pages from elsewhere are refused too. Default: yes. */
  readonly requireSameOrigin?: boolean;
}

/**
 * Decides which pages may talk to a service. A page from elsewhere is refused (RFC 6455, 10.2): browsers send its requests
 * with the user's cookies. Programs that are no browsers send no Origin and pass. Pages that are allowed may read the
 * answers, and preflights are answered.
 */
export class CorsInterceptor implements Interceptor {
  readonly priority = 'BEFORE_DEFAULT';
  // A class that extends it may do otherwise.
  readonly repeatable: boolean = this.constructor === CorsInterceptor;
  readonly #allowed: ReadonlySet<string>;
  readonly #methods: string;
  readonly #headers: boolean;
  readonly #webSockets: boolean;

  /** The interceptor that settings ask for. */
  static of(
    {
      allowedOrigins,
      accessControlHeaders,
      requireSameOrigin,
    }: Pick<Config, 'allowedOrigins' | 'accessControlHeaders' | 'requireSameOrigin'>,
    methods?: string,
  ): CorsInterceptor {
    return new CorsInterceptor(allowedOrigins, { headers: accessControlHeaders, requireSameOrigin, methods });
  }

  /** @param origins origins besides the server's own, such as `https://app.example.org`; `*` stands for all. Default: none. */
  constructor(origins: readonly string[] = [], options: CorsOptions = {}) {
    for (const origin of origins) {
      if (origin === '*' || (isOrigin(origin) && !origin.includes('*'))) continue;
      throw new DeclarationError(
        `allowedOrigins: "${origin}" is no origin; write it as https://app.example.org, without a path, or "*" for all`,
      );
    }
    this.#allowed = new Set(origins.map((origin) => origin.toLowerCase()));
    this.#methods = options.methods ?? 'OPTIONS, GET, POST';
    this.#headers = options.headers ?? true;
    this.#webSockets = !(options.requireSameOrigin ?? true);
  }

  request(
    exchange: HttpExchange,
    next: Next<HttpExchange, HttpAnswer | undefined>,
  ): MaybePromise<HttpAnswer | undefined> {
    this.check(exchange);
    return exchange.request.method === 'OPTIONS' && this.#headers
      ? { status: 200, headers: this.preflight(this.#methods) }
      : next(exchange);
  }

  /** Throws `origin-refused`, or lets the page read the answer. */
  check(exchange: HttpExchange): void {
    const { request } = exchange;
    const origin = request.headers.get('origin');
    if (origin === undefined) return this.#checkScript(request);
    // Scripts can't set this header, so it is there for WebSockets alone.
    const spared = this.#webSockets && exchange.request.header('upgrade')?.toLowerCase() === 'websocket';
    const passes = this.#passes(origin, exchange.request.header('host'));
    if (!passes && !spared) throw new Failure('origin-refused');
    // What a spared one says of itself may be no origin, and is not repeated.
    if (!passes || !this.#headers) return;
    exchange.setHeader('Access-Control-Allow-Origin', origin);
    // With `*` any page may ask, but not in the name of the user who happens to look at it.
    if (this.#trusts(origin, exchange.request.header('host')))
      exchange.setHeader('Access-Control-Allow-Credentials', 'true');
    exchange.setHeader('Access-Control-Expose-Headers', exposed);
    exchange.setHeader('Vary', 'Origin');
  }

  /** What a preflight is told besides. */
  preflight(methods: string): Readonly<Record<string, string>> {
    return {
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': allowed,
      'Access-Control-Max-Age': '600',
    };
  }

  /**
   * A script element sends cookies and no Origin, and may be of any page: one from elsewhere could read what JSONP answers,
   * and speak for the user. Browsers tell by other headers where it is from.
   */
  #checkScript(request: Request): void {
    const { transport, postBody } = request.wire;
    if (transport !== 'jsonp' && postBody === undefined) return;
    const site = request.header('sec-fetch-site');
    const referer = request.header('referer');
    if (site === 'same-origin' || (site === undefined && referer === undefined) || this.#allowed.has('*')) return;
    if (!this.#passes(originOf(referer), request.header('host'))) throw new Failure('origin-refused');
  }

  #passes(origin: string, host: string | undefined): boolean {
    return this.#trusts(origin, host) || (this.#allowed.has('*') && isOrigin(origin));
  }

  /** Whether the page is the server's own, or of an origin that was named. */
  #trusts(origin: string, host: string | undefined): boolean {
    return this.#allowed.has(origin) || (host !== undefined && isOrigin(origin) && sameHost(origin, host));
  }
}

/** Origin of a page; no origin at all when it can't be told. */
function originOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : '';
}

function isOrigin(text: string): boolean {
  try {
    const { origin, protocol, host } = new URL(text);
    // Apps in a web view have schemes of their own, such as capacitor://localhost; for URL these have no origin.
    return host !== '' && (origin === 'null' ? `${protocol}//${host}` : origin) === text.toLowerCase();
  } catch {
    return false;
  }
}

/** Host of the page equals the host that was asked; a default port counts as none. */
function sameHost(origin: string, host: string): boolean {
  const url = new URL(origin);
  try {
    return new URL(`${url.protocol}//${host}`).host === url.host;
  } catch {
    return false;
  }
}
