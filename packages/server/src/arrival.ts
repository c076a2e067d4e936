import {
  Failure,
  isPromise,
  type App,
  type HttpAnswer,
  type Request,
  type Resource,
  type Service,
} from '@ionosphere/core';
import { Header } from '@ionosphere/protocol';
import { forget, inTime, type Decision } from './decision';
import type { Exchange, HeaderPair } from './http/exchange';
import { HttpStream, type StreamKind } from './transports/http-stream';
import { kindOf } from './transports/http-transports';
import { Poll } from './transports/poll';
import type { PollDoor, PollKind } from './transports/poll-manner';
import { receiveInUrl, receivePost } from './transports/uplink';
import { answerVerb } from './http/verbs';

/** What arrivals come through. */
export interface Door extends PollDoor {
  /** Answers a request with what was thrown. */
  refuse(exchange: Exchange, error: unknown, headers?: readonly HeaderPair[]): void;
}

/** Turns the request into a WebSocket of the resource. */
export type Upgrade = (request: Request, resource: Resource) => void;

/** A request on its way into a service: past the interceptors, to what it asks for. Nearly all take no time, and no promise. */
export class Arrival implements Decision {
  readonly app: App;
  readonly request: Request;
  #kind: PollKind | StreamKind | undefined;

  /** @param upgrade what becomes of a handshake for a WebSocket. Default: the request is none. */
  constructor(
    private readonly door: Door,
    readonly exchange: Exchange,
    private readonly service: Service,
    private readonly upgrade?: Upgrade,
  ) {
    this.app = door.app;
    this.request = exchange.request;
  }

  get seconds(): number {
    return this.service.config.upgradeSeconds;
  }

  refuse(error: unknown): void {
    this.door.refuse(this.exchange, error);
  }

  /** Goes on with the request unless an interceptor answers, or refuses, it. */
  begin(): void {
    try {
      const answer = this.service.request(this.exchange);
      if (isPromise(answer)) inTime(this, answer, { then: (value) => this.#intercepted(value) });
      else this.#intercepted(answer);
    } catch (error) {
      this.refuse(error);
    }
  }

  #intercepted(answer: HttpAnswer | undefined): void {
    if (answer) this.exchange.answer(answer, 200);
    else if (this.upgrade) this.#connect('websocket');
    else this.#dispatch();
  }

  #dispatch(): void {
    const { app, exchange, request, service } = this;
    const { verbs, control } = service;
    const { method } = request;
    // A handler of raw WebSockets speaks nothing else.
    if (control && method !== 'OPTIONS') throw new Failure('upgrade-required');
    const mayConnect = service.connects(request);
    if (method !== 'GET') {
      if (method === 'POST' && !mayConnect) return receivePost(this);
      const allow: HeaderPair = ['Allow', [...new Set(['OPTIONS', 'GET', 'POST', ...verbs.keys()])].join(', ')];
      if (method === 'OPTIONS') return exchange.end(200, [allow]);
      if (!mayConnect && !verbs.has(method))
        return this.door.refuse(exchange, new Failure('method-not-allowed'), [allow]);
    } else if (request.wire.postBody !== undefined) return receiveInUrl(this);
    const name = transportOf(request);
    if (!mayConnect || name === undefined)
      return verbs.has(method) ? answerVerb(app, exchange, request, (error) => this.refuse(error)) : exchange.end(200);
    this.#kind = kindOf(name, request);
    this.#connect(this.#kind.transport.name);
  }

  /** Asks the app for the resource; interceptors, and a method for GET, may take their time. */
  #connect(transport: Resource['transport'] & string): void {
    const { app, exchange, request } = this;
    exchange.leaves(app.admission.enter(transport, request.recentAddress));
    const resource = app.connect(request);
    if (!isPromise(resource)) return this.#connected(resource);
    const client = { isGone: false, gone: () => void (client.isGone = true) };
    exchange.onGone(client);
    const dropped = (late: Resource): void => {
      // Whoever breaks off a poll waits for a handshake (PROTOCOL.md, "Reconnect"): also where the poll was not let in yet.
      if (client.isGone && this.#kind && 'holds' in this.#kind) late.breakPoll();
      forget(late);
    };
    inTime(this, resource, { then: (value) => this.#connected(value), dropped });
  }

  #connected(resource: Resource): void {
    try {
      const { endpoint } = resource;
      const answer = endpoint.hasVerb('GET') ? endpoint.verb('GET', resource) : undefined;
      if (isPromise(answer)) this.#acceptAfter(answer, resource);
      else this.#accept(resource);
    } catch (error) {
      this.#fail(error, resource);
    }
  }

  #acceptAfter(answer: PromiseLike<unknown>, resource: Resource): void {
    inTime(this, answer, {
      then: () => this.#accept(resource),
      dropped: () => forget(resource),
      fail: (error) => this.#fail(error, resource),
    });
  }

  #fail(error: unknown, resource: Resource): void {
    this.exchange.fail(resource.refuse(Failure.from(error)));
  }

  #accept(resource: Resource): void {
    const { exchange, request } = this;
    if (request.wire.trackingId !== resource.uuid) exchange.setHeader(Header.firstRequest, 'true');
    exchange.tellId(resource.uuid);
    if (this.upgrade) this.upgrade(request, resource);
    else if (this.#kind) open(this.#kind, exchange, resource, this.door);
  }
}

function open(kind: PollKind | StreamKind, exchange: Exchange, resource: Resource, door: PollDoor): void {
  if (!('holds' in kind)) return new HttpStream(kind, exchange, resource).open();
  const { resting } = resource;
  if (resting instanceof Poll && exchange.request.repeats(resting.request)) resting.goOn(exchange);
  else new Poll(kind, exchange, resource, door).open();
}

/** A plain EventSource can't say more than what it accepts. */
function transportOf(request: Request): string | undefined {
  return request.wire.transport ?? (request.header('accept')?.includes('text/event-stream') ? 'sse' : undefined);
}
