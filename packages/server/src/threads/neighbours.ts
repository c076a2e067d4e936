import { setTimeout } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { Request, type RequestSettings, type ResourceFactory } from '@ionosphere/core';
import type { Exchange } from '../http/exchange';
import { checkHandshake } from '../http/handshake';
import { checkLength } from '../http/headers';
import type { Census, Handshake, Publication, Relay } from '../relay';
import type { NativeSocket } from '../transports/websocket-connection';
import { Holding } from './holding';
import { homeOf } from './home';
import { Landing, type Answering } from './landing';
import { Link, type Word } from './link';

/** What a thread knows its neighbours by. */
export interface NeighboursParts {
  /** Number of this thread. */
  readonly thread: number;
  /** How many there are. */
  readonly threads: number;
  readonly resources: Pick<ResourceFactory, 'size'>;
  readonly requests: RequestSettings;
  /** Something that another thread said could not be done. */
  readonly report: (cause: unknown) => void;
}

interface Neighbour {
  readonly link: Link;
  readonly holding: Holding;
  readonly landing: Landing;
}

/** How long a thread may take to say how many resources it has, in milliseconds. */
const COUNT_MILLIS = 1000;

/** The other threads, as one of them sees them. Each connection goes to the thread in which its resource lives. */
export class Neighbours implements Relay {
  readonly #parts: NeighboursParts;
  readonly #byThread = new Map<number, Neighbour>();
  readonly #counts = new Map<number, (resources: number) => void>();
  #questions = 0;
  /** There once the thread serves. */
  #host: Answering | undefined;

  constructor(parts: NeighboursParts) {
    this.#parts = parts;
  }

  /** From now on requests that others pass on are answered. */
  serve(host: Answering): void {
    this.#host = host;
  }

  /** Another thread is there. */
  join(thread: number, port: MessagePort): void {
    this.lose(thread);
    const link = new Link(port, (word) => this.#heed(neighbour, word));
    const host: Answering = {
      take: (...request) => this.#host?.take(...request),
      publish: (...publication) => this.#host?.publish(...publication),
    };
    const neighbour: Neighbour = {
      link,
      holding: new Holding(link, thread, host.publish),
      landing: new Landing(link, host),
    };
    this.#byThread.set(thread, neighbour);
  }

  /** It is there no more. */
  lose(thread: number): void {
    const neighbour = this.#byThread.get(thread);
    if (!neighbour) return;
    this.#byThread.delete(thread);
    neighbour.link.close();
    this.#attempt(() => neighbour.holding.end());
    this.#attempt(() => neighbour.landing.end());
  }

  forward(exchange: Exchange, handshake?: Handshake): boolean {
    if (exchange.isRepeated) return false;
    const { sent } = exchange;
    const home = sent && homeOf(trackingIdOf(sent, this.#parts.requests), this.#parts.threads);
    const neighbour = home === undefined || home === this.#parts.thread ? undefined : this.#byThread.get(home);
    if (!neighbour || (handshake && !isHandshake(exchange))) return false;
    neighbour.holding.forward(exchange, handshake);
    return true;
  }

  publish(publication: Publication, except?: NativeSocket): void {
    for (const { landing } of this.#byThread.values()) landing.publish(publication, except);
  }

  async census(): Promise<Census> {
    const late = setTimeout(COUNT_MILLIS, undefined, { ref: false });
    const counts = Array.from(this.#byThread.values(), ({ link }) => {
      const question = this.#questions++;
      const counted = new Promise<number>((resolve) => this.#counts.set(question, resolve));
      link.say(['count', question]);
      return Promise.race([counted, late]).finally(() => this.#counts.delete(question));
    });
    const known = (await Promise.all(counts)).filter((count) => count !== undefined);
    return {
      resources: known.reduce((sum, count) => sum + count, this.#parts.resources.size),
      threads: known.length + 1,
    };
  }

  /** What was said leaves. */
  flush(): void {
    for (const { link } of this.#byThread.values()) link.flush();
  }

  #heed(neighbour: Neighbour, word: Word): void {
    this.#attempt(() => {
      if (word[0] === 'count') neighbour.link.say(['counted', word[1], this.#parts.resources.size]);
      else if (word[0] === 'counted') this.#counts.get(word[1])?.(word[2]);
      else if (!neighbour.holding.receive(word)) neighbour.landing.receive(word);
    });
  }

  /** What goes wrong with one connection must not end the others. */
  #attempt(act: () => void): void {
    try {
      act();
    } catch (cause) {
      this.#parts.report(cause);
    }
  }
}

/** The id that a request names; undefined, too, when it can't be read: then it is refused here. */
function trackingIdOf(sent: NonNullable<Exchange['sent']>, settings: RequestSettings): string | undefined {
  try {
    return new Request(sent, settings).wire.trackingId;
  } catch {
    return undefined;
  }
}

/** One that is none is refused here, before it becomes a WebSocket. */
function isHandshake(exchange: Exchange): boolean {
  try {
    checkHandshake(exchange);
    checkLength(exchange.headers);
    return true;
  } catch {
    return false;
  }
}
