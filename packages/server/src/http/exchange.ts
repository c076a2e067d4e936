import { STATUS_CODES } from 'node:http';
import {
  Failure,
  FieldCollector,
  Request,
  sharedText,
  subProtocolOf,
  type HttpExchange,
  type Place,
  type RequestSettings,
  type Timer,
} from '@ionosphere/core';
import { failures, Header } from '@ionosphere/protocol';
import { contentOf, isAnswer } from './answer-content';
import { AnswerHeaders } from './answer-headers';
import { belowBase } from './base-path';
import { addressOf, peerAddress, type AddressOf } from './client-address';
import { deflateOffers, subProtocol } from './handshake';
import {
  checkHeader,
  checkLength,
  hasOneLength,
  joined,
  noSniff,
  retryAfter,
  sameName,
  type HeaderPair,
} from './headers';
import { isLast, replayOn, type SentRequest, type Step } from './replay';
import { Body } from './request-body';
import type { HttpRequest, HttpResponse } from '../uws';

export { noSniff, type HeaderPair } from './headers';

/** How requests are read. */
export interface ExchangeSettings extends RequestSettings {
  /** Where a request comes from. Default: from the peer. */
  readonly addressOf?: AddressOf | undefined;
  /** An earlier request that said the same query and may be repeated. Default: none is looked for. */
  readonly repeated?: (query: string) => Request | undefined;
  /** Path that all others are below. Default: none. */
  readonly basePath?: string | undefined;
}

/** Who is told that the peer has gone. */
export interface Leaver {
  gone(): void;
}

/** What a request says, but for its path. */
interface Said {
  readonly method: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  readonly settings: RequestSettings | undefined;
  /** Whether its path is not below that of the server. */
  readonly elsewhere: boolean;
}

/**
 * One HTTP request and its response. Every hazard of uWebSockets.js is kept in here: the request object is dead once the
 * handler has returned, so all of it is copied at once; the response is dead once the peer has gone, so it is not touched
 * after `onAborted`; chunks of a body are memory that is reused, so they are copied.
 */
export class Exchange implements HttpExchange {
  /** Path as sent, without that of the server. */
  readonly path: string;
  readonly #res: HttpResponse;
  /** What was sent; the request that was made of it, once it was. */
  #said: Said | Request;
  #answerHeaders = AnswerHeaders.none;
  /** What the client is told to be. */
  #trackingId = '';
  #body: Body | undefined;
  #open = true;
  #leaver: Leaver | undefined;
  #place: Place | undefined;

  /** @param settings how the request is read. Default: as usual. */
  constructor(res: HttpResponse, req: HttpRequest, settings?: ExchangeSettings) {
    this.#res = res;
    const sent = req.getUrl();
    const path = settings?.basePath ? belowBase(sent, settings.basePath) : sent;
    const method = req.getCaseSensitiveMethod();
    // Undefined where there is no question mark, whatever the type says.
    const query = (req.getQuery() as string | undefined) ?? '';
    req.forEach(addHeader);
    const collected = headers.collect();
    const earlier = path === undefined ? undefined : settings?.repeated?.(query);
    const read = settings?.addressOf;
    if (earlier?.isRepeatedBy(method, path, collected)) {
      this.path = earlier.path;
      // What a proxy says is always read: whether it is trusted depends on who says it.
      this.#said = earlier.again(read ? addressOf(res, collected, read) : this);
    } else {
      this.path = sharedText(path ?? sent);
      const remoteAddress = addressOf(res, collected, read);
      this.#said = { method, query, headers: collected, remoteAddress, settings, elsewhere: path === undefined };
    }
    // For each connection that stays, half the memory of a closure.
    res.onAborted(this.aborted.bind(this));
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
    if (said instanceof Request) return said;
    if (said.elsewhere && this.path !== '/health') throw new Failure('not-found');
    checkLength(said.headers);
    return (this.#said = new Request({ path: this.path, ...said }, said.settings));
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
   * Leaves a place, which was taken for the request's `recentAddress`, when the response has ended or the peer has gone; not
   * when the request has become a WebSocket.
   */
  leaves(place: Place): void {
    this.#place = place;
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
    this.over();
    this.#res.cork(() => {
      this.begin(status, headers);
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
   */
  start(headers: readonly HeaderPair[], first?: string): void {
    // Who is answered already may take its time with the rest of its request.
    this.#body?.late?.cancel();
    if (!this.#open) return;
    this.#res.cork(() => {
      this.begin(200, headers);
      if (first !== undefined) this.#res.write(first);
    });
  }

  /** Writes to an answer that goes on, in one packet; false asks to wait for `onWritable`. */
  write(chunks: readonly (string | Uint8Array)[]): boolean {
    if (!this.#open) return true;
    const res = this.#res;
    let taken = true;
    res.cork(() => {
      for (const chunk of chunks) taken = res.write(chunk);
    });
    return taken;
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
    return this.#said instanceof Request;
  }

  /** What was sent, for another thread; undefined once this one has begun to look into it. */
  get sent(): SentRequest | undefined {
    const { path } = this;
    const said = this.#said;
    if (!(said instanceof Request)) return said.elsewhere ? undefined : { ...said, path };
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
    this.#open = false;
    const header = (name: string): string => this.headers.get(name) ?? '';
    // Not in a cork: its end may take the socket for the response that it was, and end it.
    this.#res.upgrade(
      data,
      header('sec-websocket-key'),
      subProtocolOf(this.request) ?? subProtocol(header('sec-websocket-protocol')),
      deflateOffers(header('sec-websocket-extensions')),
      context,
    );
  }

  /**
   * Whether the connection ends with the answer. The library may find the end of a chunked body where a proxy does not (it
   * takes a line feed for a line end), and what follows would be a request that nobody sent.
   */
  private get isLast(): boolean {
    return this.headers.has('transfer-encoding') || !hasOneLength(this.headers);
  }

  private aborted(): void {
    this.over();
    this.#leaver?.gone();
  }

  private over(): void {
    this.#open = false;
    this.#body?.late?.cancel();
    this.#place?.leave(this.request.recentAddress);
  }

  private begin(status: number, headers: readonly HeaderPair[]): void {
    // 200 is what the library says by itself.
    if (status !== 200) this.#res.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
    const block = this.#answerHeaders.block(headers);
    if (block) this.#res.writeHeader(block.name, block.value);
    if (this.#trackingId !== '') this.#res.writeHeader(TRACKING_ID, this.#trackingId);
    this.#answerHeaders = AnswerHeaders.none;
  }
}

const TRACKING_ID = Header.trackingId;
const noHeaders: readonly HeaderPair[] = [];

/** Collects the headers of the request that is being read; there is one at a time. */
const headers = new FieldCollector();
const addHeader = (name: string, value: string): void => headers.add(name, value, joined);
