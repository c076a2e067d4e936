import {
  Failure,
  Fields,
  recentSecond,
  Run,
  type Frame,
  type Place,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';
import type { HeaderBlock } from '../http/answer-headers';
import { peerAddress } from '../http/client-address';
import { answerWhole, type Exchange } from '../http/exchange';
import { belowServer, headersOf } from '../http/reading';
import type { HttpRequest, HttpResponse } from '../uws';
import { isYoung, release, type Held } from './held-polls';
import type { PollDoor, PollKind, PollManner } from './poll-manner';
import { INVISIBLE } from './streaming';

/** What a package passes on is looked up each time. */
const secondNow = recentSecond;

/**
 * A connection that ends with its first write, and begins anew with the next poll that says the same: by way of the
 * interceptors (`goOn`), or past them, and then without an exchange until something needs one (`repeat`).
 */
export class Poll extends Run implements Held {
  // Of a thousand pollers little is in a cache: what each poll touches comes first, in the order of the constructor.
  private readonly manner: PollManner;
  /** What all polls say, which pass interceptors by. */
  private readonly fields: Fields | undefined;
  /** The response to a poll that only repeats, while nobody has needed an exchange for it. */
  private res: HttpResponse | undefined;
  private place: Place | undefined;
  /** In which second the peer was asked where it is. */
  private locatedAt: number;
  private begun: boolean;
  /** Whether it found nothing, and waits or has waited. */
  private waited: boolean;
  /** Whether the last poll was answered so soon that this one will be, too, most likely. */
  private isQuick: boolean;
  next: Held;
  previous: Held;
  /** The client's; its resource is not looked at for it. */
  private readonly id: string;
  /** Made once for all polls that pass interceptors by. */
  private whenAborted: (() => void) | undefined;
  /** The newest poll's; undefined while nobody has asked for it. */
  private newest: Request | undefined;
  /** What all polls say; the address is a second old at most. */
  private said: Request;
  private lastExchange: Exchange;
  readonly resource: Resource;

  constructor(kind: PollKind, exchange: Exchange, resource: Resource, door: PollDoor) {
    const { request } = exchange;
    super(request.wire.poll);
    this.manner = door.manners.of(kind, exchange, resource, door);
    this.fields = request.headers instanceof Fields ? request.headers : undefined;
    this.res = undefined;
    this.place = exchange.place;
    this.locatedAt = 0;
    this.begun = this.waited = false;
    this.isQuick = door.held.isQuick(resource);
    this.next = this.previous = this;
    this.id = resource.uuid;
    this.whenAborted = undefined;
    this.said = this.newest = request;
    this.lastExchange = exchange;
    this.resource = resource;
  }

  get request(): Request {
    return (this.newest ??= this.said.from(this.exchange().peer));
  }

  get transport(): Transport {
    return this.manner.kind.transport;
  }

  open(): void {
    this.lastExchange.onGone(this);
    this.listen();
  }

  /** The next poll has come, by way of the interceptors. */
  goOn(exchange: Exchange): void {
    this.lastExchange = exchange;
    this.said = this.newest = exchange.request;
    this.place = exchange.place;
    this.begun = this.waited = false;
    this.open();
  }

  /**
   * The next poll has come, of the query that these polls say. Tells whether it says all else too, and what interceptors
   * would do with it is known: then it goes on as the last one did.
   */
  repeat(res: HttpResponse, req: HttpRequest, method: string): boolean {
    const { answerHeaders, door, path } = this.manner;
    if (!answerHeaders || method !== 'GET') return false;
    if (belowServer(req.getUrl(), door.basePath) !== path) return false;
    if (!this.fields?.equals(headersOf(req))) return false;
    this.res = res;
    res.onAborted((this.whenAborted ??= () => this.broken()));
    this.newest = undefined;
    this.begun = this.waited = false;
    try {
      this.place = this.takePlace(res);
      this.listen();
    } catch (error) {
      door.refuse(this.exchange(), error);
    }
    return true;
  }

  /** Asks the peer where it is, once in a second, and takes a place. Throws when there are enough connections. */
  private takePlace(res: HttpResponse): Place {
    const place = this.place;
    // Who is refused has none to leave.
    this.place = undefined;
    const second = secondNow();
    if (place && second === this.locatedAt) return place.again();
    this.locatedAt = second;
    const before = this.said.recentAddress;
    this.said = this.said.again(peerAddress(res));
    const { recentAddress } = this.said;
    if (place && recentAddress === before) return place.again();
    const { door, kind } = this.manner;
    return door.app.admission.enter(kind.transport.name, recentAddress);
  }

  /** An exchange for the newest poll: made when more is needed than the answer, because it costs what `repeat` spares. */
  private exchange(): Exchange {
    if (this.res) this.lastExchange.again(this.res, this.said, this.manner.answerHeaders, this.place);
    this.res = undefined;
    return this.lastExchange;
  }

  /** While it coasts it knows by itself whether it is held: its exchange is in no cache. */
  private get isOpen(): boolean {
    return this.res !== undefined || (this.coasts ? this.isHeld : this.lastExchange.open);
  }

  private broken(): void {
    if (!this.res) return this.lastExchange.aborted();
    this.res = undefined;
    this.place?.leave();
    this.gone();
  }

  private listen(): void {
    this.comeBack();
    if (!this.isOpen) return;
    const { kind, beginsEarly } = this.manner;
    // What @Ready sent is written at the end of this turn, before this.
    if (!kind.holds) setImmediate(() => this.ping());
    else if (beginsEarly) this.hold();
  }

  gone(): void {
    this.note(false);
    release(this);
    this.resource.detach(this, 'lost');
  }

  write(frames: readonly Frame[]): WriteResult {
    if (!this.answer(frames, false)) return 'closed';
    this.resource.detach(this, 'answered');
    return 'full';
  }

  protected answer(frames: readonly Frame[], atOnce: boolean): boolean {
    if (!this.isOpen) return false;
    // A handshake is written at once, too, but not so: it tells nothing of the next answer.
    if (atOnce || this.waited) this.note(atOnce || isYoung(this));
    this.finish(frames, atOnce);
    return true;
  }

  /** What makes frames a body of another kind can't be put around half of it. */
  writeOn(frames: readonly Frame[]): void {
    if (this.begun && this.isOpen && !this.manner.kind.wrap) this.exchange().write(frames);
  }

  /** An empty answer keeps a client polling that has no other way to learn that the server lives. */
  ping(): void {
    this.write([]);
  }

  close(failure?: Failure): void {
    if (!this.isOpen) return;
    this.note(false);
    if (failure && !this.begun) this.exchange().fail(failure);
    else this.finish([], false);
  }

  private note(isQuick: boolean): void {
    if (isQuick === this.isQuick) return;
    this.isQuick = isQuick;
    this.manner.door.held.note(this.resource, isQuick);
  }

  /**
   * The headers of a held poll leave early. Clients before version 5 wait for them to call themselves open. And a browser
   * repeats a request by itself when its connection breaks before the answer has begun: the client would not know that it
   * broke, and would take the handshake that a broken poll is followed by for a message. Only while a client gets one answer
   * soon after the other they are spared, because its answer is about to begin.
   */
  private hold(): void {
    this.waited = true;
    if (!this.isQuick) this.begin();
    this.manner.door.held.add(this);
  }

  begin(): void {
    if (this.begun || !this.isOpen) return;
    try {
      const first = this.resource.endpoint.preamble(this) || INVISIBLE;
      this.begun = true;
      this.exchange().start(this.manner.kind.headers, first);
    } catch (error) {
      this.close(this.resource.refuse(Failure.from(error)));
      this.resource.detach(this, 'answered');
    }
  }

  private finish(frames: readonly Frame[], atOnce: boolean): void {
    release(this);
    const { answerHeaders, kind } = this.manner;
    const { headers, wrap } = kind;
    const [first = ''] = frames;
    const body = wrap ? wrap(frames) : frames.length > 1 ? frames.join('') : first;
    if (this.res && answerHeaders) this.answerAgain(this.res, answerHeaders.block(headers), body, atOnce);
    else if (this.begun) this.lastExchange.finish(body);
    else this.lastExchange.end(200, headers, body);
  }

  private answerAgain(res: HttpResponse, block: HeaderBlock | undefined, body: Frame, atOnce: boolean): void {
    this.res = undefined;
    this.place?.leave();
    // In the handler of a request the library has corked its response.
    if (atOnce) answerWhole(res, block, this.id, body);
    else res.cork(() => answerWhole(res, block, this.id, body));
  }
}
