import { kindOf } from '../errors';
import type { HttpAnswer, HttpExchange } from '../request/http';
import { fold, type Interceptor, type Next } from './interceptor';
import type { Request } from '../request/request';
import { Resource } from '../resource/resource';
import { isPromise, type MaybePromise } from '../time/settle';

/**
 * The interceptors around the HTTP requests of a service. It fails closed: a request goes on when all of them have let it pass,
 * never because one has said nothing.
 */
export function requestChain(
  service: string,
  interceptors: readonly Interceptor[],
): Next<HttpExchange, HttpAnswer | undefined> {
  const stages = interceptors.flatMap((interceptor) => guardedRequest(service, interceptor) ?? []);
  if (stages.length === 0) return () => undefined;
  const chain = fold(stages, ({ request }) => {
    request.isPassed = true;
    return undefined;
  });
  return (exchange) => {
    exchange.request.isPassed = false;
    return chain(exchange);
  };
}

function guardedRequest(service: string, interceptor: Interceptor): Interceptor['request'] {
  if (!interceptor.request) return undefined;
  const run = interceptor.request.bind(interceptor);
  const checked = (answer: HttpAnswer | undefined, { isPassed }: Request): HttpAnswer | undefined => {
    if (answer || isPassed) return answer;
    throw new TypeError(
      `${service}: ${methodOf(interceptor, 'request')} neither called next nor answered; it must return next(exchange) to let a request pass, return an answer, or throw a Failure`,
    );
  };
  return (exchange, next) => {
    const answer = run(exchange, next);
    if (isPromise(answer)) return answer.then((late) => checked(late, exchange.request));
    return checked(answer, exchange.request);
  };
}

/** The interceptors around the connects of a service, and what they are around. */
export function connectChain(
  service: string,
  interceptors: readonly Interceptor[],
): (last: Next<Request, Resource>) => Next<Request, Resource> {
  const stages = interceptors.flatMap((interceptor) => guardedConnect(service, interceptor) ?? []);
  return (last) => fold(stages, last);
}

function guardedConnect(service: string, interceptor: Interceptor): Interceptor['connect'] {
  if (!interceptor.connect) return undefined;
  const run: (request: Request, next: Next<Request, Resource>) => MaybePromise<unknown> =
    interceptor.connect.bind(interceptor);
  const checked = (resource: unknown): Resource => {
    if (resource instanceof Resource) return resource;
    throw new TypeError(
      `${service}: ${methodOf(interceptor, 'connect')} gave ${kindOf(resource)}; it must return what next(request) gives, or throw a Failure to refuse`,
    );
  };
  return (request, next) => {
    const resource = run(request, next);
    return isPromise(resource) ? resource.then(checked) : checked(resource);
  };
}

/** How a method is called in a log. An interceptor may be an object without a class. */
function methodOf(interceptor: Interceptor, method: 'request' | 'connect'): string {
  const { name } = interceptor.constructor;
  return name && name !== 'Object'
    ? `${name}.${method}`
    : `${method} of the interceptor { ${Object.keys(interceptor).join(', ')} }`;
}
