import type { App } from '@ionosphere/core';
import type { Exchange, HeaderPair } from './exchange';
import type { Relay } from '../relay';

const headers: readonly HeaderPair[] = [
  ['Content-Type', 'application/json; charset=utf-8'],
  ['Cache-Control', 'no-store'],
];

/** What is asked for its health. */
export interface Patient {
  readonly app: App;
  readonly relay: Relay | undefined;
  readonly stopping: boolean;
}

/** Answers `GET /health`. */
export function tellHealth(exchange: Exchange, { app, relay, stopping }: Patient): void {
  const tell = (counted: { readonly resources: number }): void => {
    const status = stopping ? 'stopping' : 'up';
    const body = JSON.stringify({ status, broadcasters: app.broadcasters.all().length, ...counted });
    exchange.end(stopping ? 503 : 200, headers, body);
  };
  // A thread that gives no answer is not counted.
  if (relay) void relay.census().then(tell);
  else tell({ resources: app.resources.size });
}
