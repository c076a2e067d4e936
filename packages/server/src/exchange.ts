import { isUtf8 } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import { Failure, type Payload } from '@ionosphere/core';
import { failures, Header } from '@ionosphere/protocol';
import type { HttpRequest, HttpResponse } from './uws';

/** A response header. */
export type HeaderPair = readonly [name: string, value: string];

const noCache: readonly HeaderPair[] = [
  ['Expires', '-1'],
  ['Cache-Control', 'no-store, no-cache, must-revalidate'],
  ['Pragma', 'no-cache'],
];

/**
 * One HTTP request and its response. Every hazard of uWebSockets.js is kept in here: the request object is dead once the
 * handler has returned, so all of it is copied at once; the response is dead once the peer has gone, so it is not touched
 * after `onAborted`; chunks of a body are memory that is reused, so they are copied.
 */
export class Exchange {
  readonly method: string;
  /** Path as sent. */
  readonly path: string;
  /** Query as sent. */
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  /** Headers that every answer carries; filled before it begins. */
  readonly responseHeaders: HeaderPair[] = [];
  readonly #res: HttpResponse;
  #open = true;
  #onGone: (() => void) | undefined;

  constructor(res: HttpResponse, req: HttpRequest) {
    this.#res = res;
    this.method = req.getCaseSensitiveMethod();
    this.path = req.getUrl();
    this.query = req.getQuery();
    const headers = new Map<string, string>();
    req.forEach((name, value) => headers.set(name, value));
    this.headers = headers;
    this.remoteAddress = Buffer.from(res.getRemoteAddressAsText()).toString();
    res.onAborted(() => {
      this.#open = false;
      this.#onGone?.();
    });
  }

  /** Whether the response can still be written to. */
  get open(): boolean {
    return this.#open;
  }

  /** Called once if the peer goes before the response has ended. */
  onGone(fn: () => void): void {
    this.#onGone = fn;
  }

  /** Answers at once, whole. */
  end(status: number, headers: readonly HeaderPair[] = [], body: string | Uint8Array = ''): void {
    if (!this.#open) return;
    this.#open = false;
    this.#res.cork(() => {
      this.#begin(status, headers);
      // The peer would take a body for the beginning of the next answer (RFC 9110, 9.3.2). No length is told: the library
      // would wait for as many bytes.
      if (this.method === 'HEAD') this.#res.endWithoutBody();
      else this.#res.end(body);
    });
  }

  /** Answers with a failure, in the one form that failures have. */
  fail(failure: Failure, headers: readonly HeaderPair[] = []): void {
    // The header gets the table's own sentence, never the failure's: that may hold text from the client.
    const told: HeaderPair[] = [
      ['Content-Type', 'application/json; charset=utf-8'],
      [Header.error, failures[failure.code].text],
    ];
    this.end(failure.row.status, [...told, ...headers], JSON.stringify(failure));
  }

  /** Begins an answer that goes on. The headers leave with the first bytes, so there must be some. */
  start(headers: readonly HeaderPair[]): void {
    if (this.#open) this.#res.cork(() => this.#begin(200, headers));
  }

  /** Writes to an answer that goes on, in one packet; false asks to wait for `onWritable`. */
  write(chunks: readonly (string | Uint8Array)[]): boolean {
    let taken = true;
    if (this.#open) this.#res.cork(() => chunks.forEach((chunk) => (taken = this.#res.write(chunk))));
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

  /** Ends an answer that went on. */
  finish(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#res.cork(() => this.#res.end());
  }

  /** Reads the body, up to a limit in bytes; beyond it the rest is ignored and `done` gets undefined. */
  body(limit: number, done: (body: Buffer | undefined) => void): void {
    const chunks: Buffer[] = [];
    let length = 0;
    this.#res.onData((chunk, isLast) => {
      if (length > limit) return;
      length += chunk.byteLength;
      if (length > limit) return done(undefined);
      if (chunk.byteLength > 0) chunks.push(Buffer.copyBytesFrom(new Uint8Array(chunk)));
      if (isLast) done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
  }

  /** Turns the request into a WebSocket with `data`. The handshake's headers were copied when the request came. */
  upgrade(data: object, context: Parameters<HttpResponse['upgrade']>[4]): void {
    if (!this.#open) return;
    this.#open = false;
    const header = (name: string): string => this.headers.get(name) ?? '';
    this.#res.cork(() => {
      this.#res.upgrade(
        data,
        header('sec-websocket-key'),
        header('sec-websocket-protocol').split(',')[0]?.trim() ?? '',
        header('sec-websocket-extensions'),
        context,
      );
    });
  }

  #begin(status: number, headers: readonly HeaderPair[]): void {
    this.#res.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
    this.#writeHeaders(noCache, headers);
    this.#writeHeaders(this.responseHeaders, headers);
    this.#writeHeaders(headers, []);
  }

  #writeHeaders(headers: readonly HeaderPair[], instead: readonly HeaderPair[]): void {
    for (const [name, value] of headers)
      if (!instead.some(([other]) => sameName(name, other))) this.#res.writeHeader(name, value);
  }
}

/** Names of headers have no case. Nearly all differ in length, which is cheaper to see. */
function sameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

/** Body of a message: bytes when its type says so or when it is no UTF-8, else text. */
export function payloadOf(body: Buffer, contentType: string | undefined): Payload {
  const binary = /^(?:application\/octet-stream|image\/|audio\/|video\/)/i.test(contentType ?? '');
  return binary || !isUtf8(body) ? body : body.toString();
}
