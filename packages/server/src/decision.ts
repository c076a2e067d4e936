import { limitReached, type App, type Resource, type Timer } from '@ionosphere/core';
import type { Exchange } from './http/exchange';

/** A request whose client waits for a decision: interceptors and a method for GET may take their time. */
export interface Decision {
  readonly app: App;
  readonly exchange: Exchange;
  /** How much time they have; 0: any. */
  readonly seconds: number;
  refuse(error: unknown): void;
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
  decision: Decision,
  coming: PromiseLike<T>,
  { then, dropped, fail = (error) => decision.refuse(error) }: Outcome<T>,
): void {
  const { app, exchange, seconds } = decision;
  let late: Timer | undefined;
  if (seconds > 0)
    late = app.after(seconds * 1000, () => {
      if (exchange.open) decision.refuse(limitReached('upgradeSeconds'));
    });
  coming
    .then((value) => {
      late?.cancel();
      if (exchange.open) then(value);
      else dropped?.(value);
    })
    .then(undefined, (error: unknown) => {
      late?.cancel();
      fail(error);
    });
}

/** A resource that was made for a client that waits no longer; one that it had before stays. */
export function forget(resource: Resource): void {
  if (resource.state === 'connecting') resource.close();
}
