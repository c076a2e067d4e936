import { AsyncLocalStorage } from 'node:async_hooks';
import {
  isPromise,
  type Arrival,
  type Call,
  type Failure,
  type HttpAnswer,
  type HttpExchange,
  type Interceptor,
  type LogFields,
  type MaybePromise,
  type Next,
  type Request,
  type Resource,
} from '@ionosphere/core';

/** What is being handled; empty when that is over, because timers and promises that it began keep what they were begun with. */
interface Handled {
  subject: Resource | Request | undefined;
}

const handled = new AsyncLocalStorage<Handled>();

/**
 * What the running code handles, as fields of a log line: `uuid`, `transport` and `broadcaster`. Undefined outside of any
 * handling, and without a `LogContextInterceptor`. For loggers of your own; `ConsoleLogger` has it built in.
 */
export function logContext(): LogFields | undefined {
  const subject = handled.getStore()?.subject;
  if (!subject) return undefined;
  if ('uuid' in subject) {
    const { uuid, transport, request, broadcaster } = subject;
    return { uuid, transport: transport ?? request.wire.transport, broadcaster: broadcaster.id };
  }
  return { transport: subject.wire.transport, broadcaster: subject.path };
}

/**
 * Puts the id of the resource, its transport and its broadcaster into every line that is logged while a request, a message
 * or an event of it is handled. Name it before other interceptors, so that their lines have it too.
 */
export class LogContextInterceptor implements Interceptor {
  readonly priority = 'BEFORE_DEFAULT';

  request(
    exchange: HttpExchange,
    next: Next<HttpExchange, HttpAnswer | undefined>,
  ): MaybePromise<HttpAnswer | undefined> {
    return within(exchange.request, next, exchange);
  }

  connect(request: Request, next: Next<Request, Resource>): MaybePromise<Resource> {
    return within(request, next, request);
  }

  arrival(arrival: Arrival, next: Next<Arrival, Failure | undefined>): MaybePromise<Failure | undefined> {
    return within(arrival.resource, next, arrival);
  }

  event(call: Call, next: Next<Call, unknown>): MaybePromise<unknown> {
    return within(call.resource, next, call);
  }
}

function within<In, Out>(subject: Resource | Request, next: Next<In, Out>, input: In): MaybePromise<Out> {
  const entry: Handled = { subject };
  const done = (): void => void (entry.subject = undefined);
  let outcome: MaybePromise<Out> | undefined;
  try {
    outcome = handled.run(entry, next, input);
    if (isPromise(outcome)) outcome.then(done, done);
    return outcome;
  } finally {
    if (!isPromise(outcome)) done();
  }
}
