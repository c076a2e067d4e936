import type { Socket } from 'node:net';
import { Pump, type Slowness } from './pump.fixture';

/** What a request says of its client. */
export interface Tag {
  readonly client: string;
  /** Number of the attempt to connect; undefined for a message by POST. */
  readonly attempt: number | undefined;
  readonly polls: boolean;
}

/** One connection through the proxy. */
export class Line {
  /** The request that it carries, or carried last. */
  tag: Tag | undefined;
  readonly up: Pump;
  readonly down: Pump;
  #stopped = false;

  constructor(
    readonly client: Socket,
    readonly server: Socket,
  ) {
    this.up = new Pump(client, server);
    this.down = new Pump(server, client);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', (hadError) => {
        if (this.#stopped || other.destroyed) return;
        // A reset stays a reset. After an orderly end the pumps still have what was said before it.
        if (hadError) other.resetAndDestroy();
        else if (!one.readableEnded) other.end();
      });
    }
  }

  /** Breaks the connection on both sides: with a reset, or with an end that looks orderly. */
  cut(how: 'reset' | 'end'): void {
    this.#silence();
    for (const socket of [this.client, this.server]) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.end();
    }
  }

  /** Nothing gets through any more, and both sides believe that the connection is there. */
  blackhole(): void {
    this.#silence();
  }

  /** The server learns at last that its side of a blackhole is gone. */
  bury(): void {
    this.#silence();
    this.server.resetAndDestroy();
    this.client.resetAndDestroy();
  }

  slow(slowness: Slowness | undefined): void {
    this.up.slow(slowness);
    this.down.slow(slowness);
  }

  #silence(): void {
    this.#stopped = true;
    this.up.stop();
    this.down.stop();
  }
}

/** Reads a tag from the head of a request; undefined when the chunk does not begin with one. */
export function tagOf(chunk: Buffer): Tag | undefined {
  const head = chunk.toString('latin1', 0, 4);
  if (head !== 'GET ' && head !== 'POST') return undefined;
  const target = chunk.toString('latin1', 0, Math.min(chunk.length, 2000)).split(' ')[1] ?? '';
  const query = new URLSearchParams(target.split('?')[1]);
  const transport = query.get('X-Atmosphere-Transport') ?? '';
  return {
    client: query.get('client') ?? '',
    attempt: head === 'POST' ? undefined : Number(query.get('attempt')),
    polls: head !== 'POST' && ['long-polling', 'jsonp', 'polling'].includes(transport),
  };
}
