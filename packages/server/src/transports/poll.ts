import {
  Failure,
  Fields,
  recentSecond,
  Run,
  type App,
  type Frame,
  type Place,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';
import type { AnswerHeaders, HeaderBlock } from '../http/answer-headers';
import { peerAddress } from '../http/client-address';
import { answerWhole, type Exchange, type HeaderPair } from '../http/exchange';
import { belowServer, headersOf } from '../http/reading';
import type { HttpRequest, HttpResponse } from '../uws';
import { isYoung, release, type Held, type HeldPolls } from './held-polls';
import { INVISIBLE } from './streaming';

/** What a package passes on is looked up each time. */
const secondNow = recentSecond;

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
  /** Path that all others are below. */
  readonly basePath: string;
  /** Whether the peer is the client. Behind a proxy that is trusted the headers decide, and are to be read each time. */
  readonly knowsPeers: boolean;
  /** Answers a request with what was thrown. */
  refuse(exchange: Exchange, error: unknown): void;
}

/**
 * A connection that ends with its first write, and begins anew with the next poll that says the same: by way of the
 * interceptors (`goOn`), or past them, and then without an exchange until something needs one (`repeat`).
 */
export class Poll extends Run implements Held {
  // Of a thousand pollers little is in a cache: what each poll touches comes first.
  /** The query that all of these polls say; undefined while their client has no id. */
  readonly repeats: string | undefined;
  /** The client's; its resource is not looked at for it. */
  readonly #id: string;
  /** The response to a poll that only repeats, while nobody has needed an exchange for it. */
  #res: HttpResponse | undefined = undefined;
  /** What interceptors have set for each answer; undefined when they are to be asked each time. */
  readonly #answerHeaders: AnswerHeaders | undefined;
  /** What all polls say, which pass interceptors by. */
  readonly #fields: Fields | undefined;
  readonly #path: string;
  #place: Place | undefined;
  /** In which second the peer was asked where it is. */
  #locatedAt = 0;
  next: Held = this;
  previous: Held = this;
  #begun = false;
  /** Whether it found nothing, and waits or has waited. */
  #waited = false;
  /** Whether the last poll was answered so soon that this one will be, too, most likely. */
  #isQuick: boolean;
  /** Whether its headers may leave before there is an answer. Who names no version gets it in one piece, with a length. */
  readonly #beginsEarly: boolean;
  readonly #kind: PollKind;
  /** The newest poll's; undefined while nobody has asked for it. */
  #request: Request | undefined;
  /** Made once for all polls that pass interceptors by. */
  #aborted: (() => void) | undefined = undefined;
  /** What all polls say; the address is a second old at most. */
  #said: Request;
  #exchange: Exchange;

  constructor(
    kind: PollKind,
    exchange: Exchange,
    readonly resource: Resource,
    private readonly door: PollDoor,
  ) {
    super();
    this.#kind = kind;
    this.#exchange = exchange;
    const { request } = exchange;
    const { wire } = request;
    this.#said = this.#request = request;
    this.#place = exchange.place;
    this.repeats = wire.poll;
    this.#id = resource.uuid;
    this.#beginsEarly = wire.framework !== undefined;
    this.#isQuick = door.held.isQuick(resource);
    const isPlain = exchange.method === 'GET' && !exchange.isLast && !exchange.path.includes('%');
    const passesBy = isPlain && door.knowsPeers && resource.endpoint.service.repeatable;
    this.#answerHeaders = passesBy ? exchange.answerHeaders : undefined;
    this.#fields = request.headers instanceof Fields ? request.headers : undefined;
    this.#path = exchange.path;
  }

  get request(): Request {
    return (this.#request ??= this.#said.from(this.exchange().peer));
  }

  get transport(): Transport {
    return this.#kind.transport;
  }

  open(): void {
    this.#exchange.onGone(this);
    this.listen();
  }

  /** The next poll has come, by way of the interceptors. */
  goOn(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#said = this.#request = exchange.request;
    this.#place = exchange.place;
    this.#begun = this.#waited = false;
    this.open();
  }

  /**
   * The next poll has come, of the query that these polls say. Tells whether it says all else too, and what interceptors
   * would do with it is known: then it goes on as the last one did.
   */
  repeat(res: HttpResponse, req: HttpRequest, method: string): boolean {
    if (!this.#answerHeaders || method !== 'GET') return false;
    if (belowServer(req.getUrl(), this.door.basePath) !== this.#path) return false;
    if (!this.#fields?.equals(headersOf(req))) return false;
    this.#res = res;
    res.onAborted((this.#aborted ??= () => this.broken()));
    this.#request = undefined;
    this.#begun = this.#waited = false;
    try {
      this.#place = this.takePlace(res);
      this.listen();
    } catch (error) {
      this.door.refuse(this.exchange(), error);
    }
    return true;
  }

  /** Asks the peer where it is, once in a second, and takes a place. Throws when there are enough connections. */
  private takePlace(res: HttpResponse): Place {
    const place = this.#place;
    // Who is refused has none to leave.
    this.#place = undefined;
    const second = secondNow();
    if (place && second === this.#locatedAt) return place.again();
    this.#locatedAt = second;
    const before = this.#said.recentAddress;
    this.#said = this.#said.again(peerAddress(res));
    const { recentAddress } = this.#said;
    if (place && recentAddress === before) return place.again();
    return this.door.app.admission.enter(this.#kind.transport.name, recentAddress);
  }

  /** An exchange for the newest poll: made when more is needed than the answer, because it costs what `repeat` spares. */
  private exchange(): Exchange {
    if (this.#res) this.#exchange.again(this.#res, this.#said, this.#answerHeaders, this.#place);
    this.#res = undefined;
    return this.#exchange;
  }

  private get isOpen(): boolean {
    return this.#res !== undefined || this.#exchange.open;
  }

  private broken(): void {
    if (!this.#res) return this.#exchange.aborted();
    this.#res = undefined;
    this.#place?.leave();
    this.gone();
  }

  private listen(): void {
    this.comeBack();
    if (!this.isOpen) return;
    // What @Ready sent is written at the end of this turn, before this.
    if (!this.#kind.holds) setImmediate(() => this.ping());
    else if (this.#beginsEarly) this.hold();
  }

  gone(): void {
    this.note(false);
    release(this);
    this.resource.detach(this, 'lost');
  }

  write(frames: readonly Frame[]): WriteResult {
    if (!this.answer(frames)) return 'closed';
    this.resource.detach(this, 'answered');
    return 'full';
  }

  protected answer(frames: readonly Frame[]): boolean {
    if (!this.isOpen) return false;
    if (this.#waited) this.note(isYoung(this));
    this.finish(frames);
    return true;
  }

  /** What makes frames a body of another kind can't be put around half of it. */
  writeOn(frames: readonly Frame[]): void {
    if (this.#begun && this.isOpen && !this.#kind.wrap) this.exchange().write(frames);
  }

  /** An empty answer keeps a client polling that has no other way to learn that the server lives. */
  ping(): void {
    this.write([]);
  }

  close(failure?: Failure): void {
    if (!this.isOpen) return;
    this.note(false);
    if (failure && !this.#begun) this.exchange().fail(failure);
    else this.finish([]);
  }

  private note(isQuick: boolean): void {
    if (isQuick === this.#isQuick) return;
    this.#isQuick = isQuick;
    this.door.held.note(this.resource, isQuick);
  }

  /**
   * The headers of a held poll leave early. Clients before version 5 wait for them to call themselves open. And a browser
   * repeats a request by itself when its connection breaks before the answer has begun: the client would not know that it
   * broke, and would take the handshake that a broken poll is followed by for a message. Only while a client gets one answer
   * soon after the other they are spared, because its answer is about to begin.
   */
  private hold(): void {
    this.#waited = true;
    if (!this.#isQuick) this.begin();
    this.door.held.add(this);
  }

  begin(): void {
    if (this.#begun || !this.isOpen) return;
    try {
      const first = this.resource.endpoint.preamble(this) || INVISIBLE;
      this.#begun = true;
      this.exchange().start(this.#kind.headers, first);
    } catch (error) {
      this.close(this.resource.refuse(Failure.from(error)));
      this.resource.detach(this, 'answered');
    }
  }

  private finish(frames: readonly Frame[]): void {
    release(this);
    const { headers, wrap } = this.#kind;
    const [first = ''] = frames;
    const body = wrap ? wrap(frames) : frames.length > 1 ? frames.join('') : first;
    if (this.#res && this.#answerHeaders) this.answerAgain(this.#res, this.#answerHeaders.block(headers), body);
    else if (this.#begun) this.#exchange.finish(body);
    else this.#exchange.end(200, headers, body);
  }

  private answerAgain(res: HttpResponse, block: HeaderBlock | undefined, body: Frame): void {
    this.#res = undefined;
    this.#place?.leave();
    answerWhole(res, block, this.#id, body);
  }
}
