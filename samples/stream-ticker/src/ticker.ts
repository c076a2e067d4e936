import { setTimeout } from 'node:timers/promises';
import { Failure, ignore, serve, StreamService } from '@ionosphere/server';
import type { Server, StreamRequest } from '@ionosphere/server';

interface Price {
  readonly of: string;
  readonly price: number;
}

/** A price that wanders, until nobody wants to know it any more. */
async function* prices(of: string, everyMillis: number, signal: AbortSignal): AsyncGenerator<Price> {
  for (let price = 100; ; price += Math.random() - 0.5) {
    yield { of, price: Math.round(price * 100) / 100 };
    await setTimeout(everyMillis, undefined, { signal });
  }
}

@StreamService('/ticker/{of}')
export class Ticker {
  open({ params, query, signal }: StreamRequest) {
    const everyMillis = Number(query.get('every') ?? 1000);
    if (!(everyMillis >= 10)) return new Failure('bad-request', 'every must be 10 milliseconds or more.');
    return { in: ignore, out: prices(params.get('of') ?? '', everyMillis, signal) };
  }
}

export function start(port: number): Promise<Server> {
  return serve({ port, services: [Ticker] });
}
