import type { HttpAnswer, HttpExchange } from '../request/http';
import type { Interceptor, InterceptorContext, Next } from './interceptor';
import type { MaybePromise } from '../time/settle';

/** Answers the request by which a client says that it leaves. One that is not known is wished well all the same. */
export class OnDisconnectInterceptor implements Interceptor {
  readonly priority = 'DEFAULT';
  // A class that extends it may do otherwise.
  readonly repeatable: boolean = this.constructor === OnDisconnectInterceptor;
  #context: InterceptorContext | undefined;

  init(context: InterceptorContext): void {
    this.#context = context;
  }

  request(
    exchange: HttpExchange,
    next: Next<HttpExchange, HttpAnswer | undefined>,
  ): MaybePromise<HttpAnswer | undefined> {
    const { method, path, wire } = exchange.request;
    if (wire.transport !== 'close' || (method !== 'GET' && method !== 'POST')) return next(exchange);
    const resource = wire.trackingId === undefined ? undefined : this.#context?.resources.find(wire.trackingId);
    if (resource?.endpoint.path === path) resource.goodbye();
    return { status: 200 };
  }
}
