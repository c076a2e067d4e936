import type { HttpAnswer, HttpExchange } from '../request/http';
import type { Interceptor, Next } from './interceptor';
import type { MaybePromise } from '../time/settle';

/** Keeps browsers and proxies from storing answers of a service. */
export class CacheHeadersInterceptor implements Interceptor {
  readonly priority = 'DEFAULT';
  // A class that extends it may do otherwise.
  readonly repeatable: boolean = this.constructor === CacheHeadersInterceptor;

  request(
    exchange: HttpExchange,
    next: Next<HttpExchange, HttpAnswer | undefined>,
  ): MaybePromise<HttpAnswer | undefined> {
    exchange.setHeader('Expires', '-1');
    exchange.setHeader('Cache-Control', 'no-store, no-cache, must-revalidate');
    exchange.setHeader('Pragma', 'no-cache');
    return next(exchange);
  }
}
