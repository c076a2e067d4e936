import {
  Failure,
  isPromise,
  type App,
  type MaybePromise,
  type Payload,
  type Request,
  type Resource,
} from '@ionosphere/core';
import { bodyOf } from './body';
import type { Exchange } from './exchange';

/** The resource that a request is about: the one it names, or one that is there for this request alone. */
export function subjectOf(app: App, request: Request): MaybePromise<Resource> {
  return request.wire.trackingId === undefined ? app.visitor(request) : app.resourceOf(request);
}

/** Answers a request with what the service's method for its verb returns. */
export function answerVerb(app: App, exchange: Exchange, request: Request, fail: (error: unknown) => void): void {
  settle(
    () => subjectOf(app, request),
    (resource) => answerFor(resource, exchange, request),
    fail,
  );
}

function answerFor(resource: Resource, exchange: Exchange, request: Request): void {
  const done = (): void => {
    if (request.wire.trackingId === undefined) resource.leave();
  };
  settle(
    () => answerOf(resource, exchange, request),
    (result) => {
      done();
      exchange.answer(result ?? undefined, 200);
    },
    (error) => {
      const failure = resource.refuse(Failure.from(error));
      done();
      exchange.fail(failure);
    },
  );
}

function answerOf(resource: Resource, exchange: Exchange, request: Request): MaybePromise<unknown> {
  const { endpoint } = resource;
  const { method } = request;
  if (!endpoint.service.verbs.get(method)?.read) return endpoint.verb(method, resource);
  const body = bodyOf(exchange, request, endpoint.service.config);
  return body.then((payload) => endpoint.verb(method, resource, payload));
}

/** Runs the service's method for a verb, if there is one, before `then`. */
export function beforeVerb(
  resource: Resource,
  method: string,
  then: () => void,
  fail: (error: unknown) => void,
  body?: Payload,
): void {
  if (!resource.endpoint.hasVerb(method)) return then();
  settle(
    () => resource.endpoint.verb(method, resource, body),
    then,
    (error) => fail(resource.refuse(Failure.from(error))),
  );
}

/** Goes on with a value now, if it is there, or when it is. What goes on may throw: that fails too. */
export function settle<T>(get: () => MaybePromise<T>, then: (value: T) => void, fail: (error: unknown) => void): void {
  try {
    const value = get();
    if (isPromise(value)) value.then(then).then(undefined, fail);
    else then(value);
  } catch (error) {
    fail(error);
  }
}
