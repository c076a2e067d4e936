import { isPromise, limitReached, type App, type MaybePromise, type Resource, type Timer } from '@ionosphere/core';
import type { Exchange } from './exchange';
import { settle } from './verbs';

/** A request whose client waits for a decision: interceptors and a method for GET may take their time. */
export interface Decision {
  readonly app: App;
  readonly exchange: Exchange;
  /** How much time they have; 0: any. */
  readonly seconds: number;
  readonly refuse: (error: unknown) => void;
}

/** What becomes of what was decided. */
export interface Outcome<T> {
  readonly then: (value: T) => void;
  /** When it was late, or the client has gone meanwhile. Default: nothing. */
  readonly dropped?: (value: T) => void;
  /** Default: the request is refused. */
  readonly fail?: (error: unknown) => void;
}

/** Goes on with a value when it is there, if that is in time; else the request is refused, with `decision-timeout`. */
export function inTime<T>(
  { app, exchange, seconds, refuse }: Decision,
  decide: () => MaybePromise<T>,
  { then, dropped, fail = refuse }: Outcome<T>,
): void {
  let late: Timer | undefined;
  const begin = (): MaybePromise<T> => {
    const decision = decide();
    if (seconds > 0 && isPromise(decision))
      late = app.after(seconds * 1000, () => {
        if (exchange.open) refuse(limitReached('upgradeSeconds'));
      });
    return decision;
  };
  const decided = (value: T): void => {
    late?.cancel();
    if (exchange.open) then(value);
    else dropped?.(value);
  };
  const failed = (error: unknown): void => {
    late?.cancel();
    fail(error);
  };
  settle(begin, decided, failed);
}

/** Runs the service's method for GET, if there is one. */
export function getOf(resource: Resource): MaybePromise<unknown> {
  return resource.endpoint.hasVerb('GET') ? resource.endpoint.verb('GET', resource) : undefined;
}

/** A resource that was made for a client that waits no longer; one that it had before stays. */
export function forget(resource: Resource): void {
  if (resource.state === 'connecting') resource.close();
}
