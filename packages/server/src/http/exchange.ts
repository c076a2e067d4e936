import { STATUS_CODES } from 'node:http';
import {
  Failure,
  Request,
  subProtocolOf,
  type Frame,
  type HttpExchange,
  type Peer,
  type Place,
  type Timer,
} from '@ionosphere/core';
import { failures, Header } from '@ionosphere/protocol';
import { contentOf, isAnswer } from './answer-content';
import { AnswerHeaders, type HeaderBlock } from './answer-headers';
import { peerAddress } from './client-address';
import { writeCorked } from './corked';
import { deflateOffers, subProtocol } from './handshake';
import { checkHeader, checkLength, hasOneLength, noSniff, retryAfter, sameName, type HeaderPair } from './headers';
import { read, type ExchangeSettings, type Known, type Said } from './reading';
import { isLast, replayOn, type SentRequest, type Step } from './replay';
import { Body } from './request-body';
import type { HttpRequest, HttpResponse } from '../uws';

export type { ExchangeSettings } from './reading';
export { noSniff, type HeaderPair } from './headers';

/** Who is told that the peer has gone. */
export interface Leaver {
  gone(): void;
  /** For who keeps the response: it is dead, whether it has ended or its peer has gone. */
  ended?(): void;
}

/**
 * One HTTP request and its response. Every hazard of uWebSockets.js is kept in here: the request object is dead once the
 * handler has returned, so all of it is copied at once; the response is dead once the peer has gone, so it is not touched
 * after `onAborted`; chunks of a body are memory that is reused, so they are copied.
 */
export class Exchange implements HttpExchange {
  /** Path as sent, without that of the server. */
  readonly path: string;
  #res: HttpResponse;
  /** What was sent; the request that was made of it, once it was. */
  #said: Said | Request;
  #answerHeaders = AnswerHeaders.none;
  /** What the client is told to be. */
  #trackingId = '';
  #body: Body | undefined;
  #open = true;
  #leaver: Leaver | undefined;
  #place: Place | undefined;

  /**
   * @param settings how the request is read. Default: as usual.
   * @param known what was read already. Default: nothing.
   */
  constructor(res: HttpResponse, req: HttpRequest, settings?: ExchangeSettings, known: Partial<Known> = {}) {
    this.#res = res;
    ({ path: this.path, said: this.#said } = read({ res, req, settings, known, peer: this }));
  }

  /**
   * From now on it is told when its peer goes, unless it is over. The library ends the process when a handler returns, or throws,
   * without this and without an answer.
   */
  watch(): void {
    // For each connection that stays, half the memory of a closure.
    if (this.#open) this.#res.onAborted(this.aborted.bind(this));
  }

  /** The peer has gone. For who has given `again` a response. */
  aborted(): void {
    this.over();
    this.#leaver?.gone();
  }

  get method(): string {
    return this.#said.method;
  }

  get headers(): ReadonlyMap<string, string> {
    return this.#said.headers;
  }

  get remoteAddress(): string {
    return this.#said.remoteAddress;
  }

  /** Where the peer is, asked anew; undefined once it has gone, or has its answer. @internal */
  get address(): string | undefined {
    return this.#open ? peerAddress(this.#res) : undefined;
  }

  /**
   * The request as the framework sees it. Throws `bad-request` when its URL is broken, or its length can't be told, and
   * `not-found` when it is not below the path of the server; but `/health` is at both places.
   */
  get request(): Request {
    const said = this.#said;
    if (said instanceof MadeRequest) return said;
    if (said.elsewhere && this.path !== '/health') throw new Failure('not-found');
    checkLength(said.headers);
    return (this.#said = new Request(said, said.settings));
  }

  /**
   * A request that says the same as this one, which was answered, takes its place.
   *
   * @param answerHeaders what was set for the answer
   * @param place what it has taken
   */
  again(res: HttpResponse, said: Request, answerHeaders = AnswerHeaders.none, place?: Place): void {
    this.#res = res;
    this.#said = said;
    this.#open = true;
    this.#answerHeaders = answerHeaders;
    this.#place = place;
  }

  /** Who has sent it, to be asked also when another request has taken its place. */
  get peer(): Peer {
    const res = this.#res;
    const ask = (): string | undefined => (res === this.#res ? this.address : undefined);
    return {
      get address() {
        return ask();
      },
    };
  }

  /** Headers that were set for the answer, until it begins. */
  get answerHeaders(): AnswerHeaders {
    return this.#answerHeaders;
  }

  /** Throws a `TypeError` on what would end the header, and begin another one. */
  setHeader(name: string, value: string): void {
    this.#answerHeaders = this.#answerHeaders.with(name, value);
  }

  /** Tells the client, with whatever answer, the id of its resource. */
  tellId(trackingId: string): void {
    this.#trackingId = trackingId;
  }

  /** Whether the response can still be written to. */
  get open(): boolean {
    return this.#open;
  }

  /** Tells somebody once if the peer goes before the response has ended. */
  onGone(leaver: Leaver): void {
    this.#leaver = leaver;
  }

  /**
   * Leaves a place when the response has ended or the peer has gone; not when the request has become a WebSocket.
   */
  leaves(place: Place): void {
    this.#place = place;
  }

  /** The place that it leaves, or has left. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** Answers at once, whole. */
  end(status: number, headers: readonly HeaderPair[] = noHeaders, body: string | Uint8Array = ''): void {
    // What else came in the same packet would still be served. The library cuts a connection that asks before it was answered.
    if (this.isLast) setImmediate(() => this.endNow(status, headers, body, true));
    // Who is late with a request may go on with it (RFC 9110, 15.5.9).
    else this.endNow(status, headers, body, status === 408);
  }

  // From here on `private` rather than `#`: methods of that kind take a word of memory in each instance.
  private endNow(status: number, headers: readonly HeaderPair[], body: string | Uint8Array, closes: boolean): void {
    if (!this.#open) return;
    // What an application's headers throw, they throw while there can be another answer.
    const block = this.#answerHeaders.block(headers);
    this.over();
    this.#res.cork(() => {
      this.begin(status, block);
      // The peer would take a body for the beginning of the next answer (RFC 9110, 9.3.2). No length is told: the library
      // would wait for as many bytes.
      if (this.method !== 'HEAD') this.#res.end(body, closes);
      else if (closes) this.#res.end('', true);
      else this.#res.endWithoutBody();
    });
  }

  /** Answers with a failure, in the one form that failures have. */
  fail(failure: Failure, headers: readonly HeaderPair[] = []): void {
    // The header gets the table's own sentence, never the failure's: that may hold text from the client.
    const told: HeaderPair[] = [
      ['Content-Type', 'application/json; charset=utf-8'],
      ['Cache-Control', 'no-store'],
      [Header.error, failures[failure.code].text],
      noSniff,
    ];
    const seconds = retryAfter(failure);
    if (seconds !== undefined && !this.#answerHeaders.has('Retry-After')) told.push(['Retry-After', seconds]);
    this.end(failure.row.status, [...told, ...headers], JSON.stringify(failure));
  }

  /**
   * Answers with what a handler returned: an `HttpAnswer`, text or bytes, any other value as JSON, or nothing. Throws a
   * `TypeError` when a header of it would end, and begin another one: handlers put what clients say into headers.
   *
   * @param empty status of an answer with nothing in it
   */
  answer(result: unknown, empty: number): void {
    const {
      status,
      headers = {},
      body,
    } = isAnswer(result) ? result : { status: result === undefined ? empty : 200, body: result };
    const own = Object.entries(headers);
    for (const [name, value] of own) checkHeader(name, value);
    const { type, content } = contentOf(body);
    const typed = type === undefined || own.some(([name]) => sameName(name, 'content-type'));
    this.end(status, typed ? own : [['Content-Type', type], noSniff, ...own], content);
  }

  /**
   * Begins an answer that goes on. The headers leave with the first bytes.
   *
   * @param first these bytes. Default: those that are written next; there must be some.
   * @returns the response, for who writes to it often, until a `Leaver` is told that it is over; undefined when it is.
   */
  start(headers: readonly HeaderPair[], first?: string): HttpResponse | undefined {
    // Who is answered already may take its time with the rest of its request.
    this.#body?.late?.cancel();
    if (!this.#open) return undefined;
    const block = this.#answerHeaders.block(headers);
    this.#res.cork(() => {
      this.begin(200, block);
      if (first !== undefined) this.#res.write(first);
    });
    return this.#res;
  }

  /** Writes to an answer that goes on, in one packet; false asks to wait for `onWritable`. */
  write(chunks: readonly (string | Uint8Array)[]): boolean {
    return !this.#open || writeCorked(this.#res, chunks);
  }

  /** Called whenever there is room again; `fn` must write, because the library then leaves the draining to it. */
  onWritable(fn: () => void): void {
    if (!this.#open) return;
    this.#res.onWritable(() => {
      fn();
      return true;
    });
  }

  /**
   * Ends an answer that went on.
   *
   * @param rest what is still to be written. Default: nothing.
   */
  finish(rest?: string | Uint8Array): void {
    if (!this.#open) return;
    this.over();
    this.#res.cork(() => this.#res.end(rest, this.isLast));
  }

  /**
   * Begins to read the body, up to a limit in bytes. Must be called before the handler returns, or the body is lost.
   *
   * @param late cancelled when the body is whole, or the exchange is over
   */
  readBody(limit: number, late?: Timer): void {
    const body = (this.#body = new Body(limit, late));
    this.#res.onData((chunk, isLast) => body.add(chunk, isLast));
  }

  /** Gives the body that `readBody` reads once it is whole; undefined when it is beyond the limit. */
  body(done: (body: Buffer | undefined) => void): void {
    this.#body?.whenWhole(done);
  }

  /** Whether it says what a poll of a resource of this thread said before. To be asked before there is a `request`. */
  get isRepeated(): boolean {
    return this.#said instanceof MadeRequest;
  }

  /** What was sent, for another thread; undefined once this one has begun to look into it. */
  get sent(): SentRequest | undefined {
    const { path } = this;
    const said = this.#said;
    if (!(said instanceof MadeRequest)) return said.elsewhere ? undefined : { ...said, path };
    const { method, headers, remoteAddress } = said;
    const { poll: query } = said.wire;
    return query === undefined ? undefined : { method, path, query, headers, remoteAddress };
  }

  /** Gives each piece of the body to another thread. Must be called before the handler returns. */
  pipeBody(piece: (bytes: Uint8Array<ArrayBuffer>, isLast: boolean) => void): void {
    this.#res.onData((chunk, isLast) => piece(new Uint8Array(chunk.slice(0)), isLast));
  }

  /** Does what another thread did to the response that stands in for this one; false when it has to wait for `onWritable`. */
  replay(steps: readonly Step[]): boolean {
    let taken = true;
    if (this.#open)
      this.#res.cork(() => {
        if (steps.some(isLast)) this.over();
        for (const step of steps) taken = replayOn(this.#res, step) && taken;
      });
    return taken;
  }

  /** Turns the request into a WebSocket with `data`. The handshake's headers were copied when the request came. */
  upgrade(data: object, context: Parameters<HttpResponse['upgrade']>[4]): void {
    if (!this.#open) return;
    const header = (name: string): string => this.headers.get(name) ?? '';
    const protocol = subProtocolOf(this.request) ?? subProtocol(header('sec-websocket-protocol'));
    this.#open = false;
    // Not in a cork: its end may take the socket for the response that it was, and end it.
    this.#res.upgrade(
      data,
      header('sec-websocket-key'),
      protocol,
      deflateOffers(header('sec-websocket-extensions')),
      context,
    );
  }

  /**
   * Whether the connection ends with the answer. The library may find the end of a chunked body where a proxy does not (it
   * takes a line feed for a line end), and what follows would be a request that nobody sent.
   */
  get isLast(): boolean {
    return this.headers.has('transfer-encoding') || !hasOneLength(this.headers);
  }

  private over(): void {
    this.#open = false;
    this.#body?.late?.cancel();
    this.#place?.leave();
    this.#leaver?.ended?.();
  }

  private begin(status: number, block: HeaderBlock | undefined): void {
    // 200 is what the library says by itself.
    if (status !== 200) this.#res.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
    writeHead(this.#res, block, this.#trackingId);
    this.#answerHeaders = AnswerHeaders.none;
  }
}

const TRACKING_ID = Header.trackingId;
/** What a package passes on is looked up each time. */
const MadeRequest = Request;
const noHeaders: readonly HeaderPair[] = [];

function writeHead(res: HttpResponse, block: HeaderBlock | undefined, trackingId: string): void {
  if (block) res.writeHeader(block.name, block.value);
  if (trackingId !== '') res.writeHeader(TRACKING_ID, trackingId);
}

/** Answers a request that has no exchange of its own, whole, and tells the client its id. To be called corked. */
export function answerWhole(res: HttpResponse, block: HeaderBlock | undefined, trackingId: string, body: Frame): void {
  writeHead(res, block, trackingId);
  res.end(body);
}
