import type { App, Frame, Resource, Transport } from '@ionosphere/core';
import type { AnswerHeaders } from '../http/answer-headers';
import type { Exchange, HeaderPair } from '../http/exchange';
import type { HeldPolls } from './held-polls';

/** What the ways of polling differ in. */
export interface PollKind {
  readonly transport: Transport;
  readonly headers: readonly HeaderPair[];
  /** Whether a poll that finds nothing waits for something. */
  readonly holds: boolean;
  /** Puts around the frames of an answer what makes them a body of this kind. Default: nothing. */
  readonly wrap?: (frames: readonly Frame[]) => string;
}

/** What polls come through. */
export interface PollDoor {
  readonly app: App;
  readonly held: HeldPolls;
  readonly manners: PollManners;
  /** Path that all others are below. */
  readonly basePath: string;
  /** Whether the peer is the client. Behind a proxy that is trusted the headers decide, and are to be read each time. */
  readonly knowsPeers: boolean;
  /** Answers a request with what was thrown. */
  refuse(exchange: Exchange, error: unknown): void;
}

/** What the polls of many clients have in common: one object for all of them, which is in a cache where theirs are not. */
export interface PollManner {
  readonly kind: PollKind;
  readonly door: PollDoor;
  readonly path: string;
  /** What interceptors have set for each answer; undefined when they are to be asked each time. */
  readonly answerHeaders: AnswerHeaders | undefined;
  /** Whether headers may leave before there is an answer. Who names no version gets it in one piece, with a length. */
  readonly beginsEarly: boolean;
}

/** Lets those who poll in the same manner share it. */
export class PollManners {
  #latest: PollManner | undefined;

  /** How the polls go on that begin with a request. */
  of(kind: PollKind, exchange: Exchange, resource: Resource, door: PollDoor): PollManner {
    const { path, method, request } = exchange;
    const isPlain = method === 'GET' && !exchange.isLast && !path.includes('%');
    const passesBy = isPlain && door.knowsPeers && resource.endpoint.service.repeatable;
    const answerHeaders = passesBy ? exchange.answerHeaders : undefined;
    const beginsEarly = request.wire.framework !== undefined;
    const known = this.#latest;
    if (known?.kind === kind && known.path === path && known.answerHeaders === answerHeaders)
      if (known.beginsEarly === beginsEarly) return known;
    return (this.#latest = { kind, door, path, answerHeaders, beginsEarly });
  }
}
