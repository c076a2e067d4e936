import { envelope, type Reply } from '@ionosphere/protocol';
import { asClientError, ClientError, failureOf } from './errors';
import { refusalOf, request, type HttpParts } from './http';
import type { Link, LinkEnd } from './link';
import type { Outbox, Outgoing } from './outbox';
import type { Timer, Timers } from './timers';

/** What an uplink needs. */
export interface UplinkParts extends HttpParts {
  readonly timers: Timers;
  readonly outbox: Outbox;
  /** Where a POST goes. */
  readonly url: () => string;
  /** Whether the server takes envelopes. */
  readonly envelopes: () => boolean;
  /** The server knows the client no more. */
  readonly unknown: (end: LinkEnd) => void;
}

/** How long a POST may take: a handler may take its time, but a network that swallows it must not hold up the others for ever. */
const POST_MILLIS = 60_000;
const RETRY_MILLIS = 1000;

/** Sends what is in the outbox while there is a connection: over it, or by one POST after the other, so that order is kept. */
export class Uplink {
  readonly #parts: UplinkParts;
  #link: Link | undefined;
  #posting: { readonly abort: AbortController; readonly outgoing: Outgoing } | undefined;
  #pause: Timer | undefined;

  constructor(parts: UplinkParts) {
    this.#parts = parts;
  }

  /** There is a connection. */
  open(link: Link): void {
    this.#link = link;
    this.pump();
  }

  /** There is none, or no more. */
  close(): void {
    this.#link = undefined;
    const posting = this.#posting;
    this.#posting = undefined;
    posting?.abort.abort();
    this.#pause?.cancel();
    this.#pause = undefined;
    const { outbox } = this.#parts;
    // It may have arrived: without a key nobody could tell that it came twice.
    if (posting?.outgoing.key === '')
      outbox.fail(posting.outgoing, new ClientError('unreachable', 'The POST was broken off.'));
    outbox.disconnected();
  }

  /** Sends what can be sent. */
  pump(): void {
    const { outbox, envelopes } = this.#parts;
    while (this.#link && !this.#posting && !this.#pause) {
      const outgoing = outbox.next();
      if (!outgoing) return;
      if (outgoing.key !== '' && !envelopes()) {
        outbox.fail(outgoing, new ClientError('unsupported', 'This server, or service, sends no replies.'));
      } else if (this.#link.send) {
        this.#link.send(this.#wrapped(outgoing));
        outbox.sent(outgoing);
      } else {
        this.#post(outgoing);
      }
    }
  }

  /** The server did not take a message; tells whether it is sent again, a little later. */
  refused({ key, payload }: Reply): boolean {
    if (!failureOf(payload).retry || !this.#parts.outbox.refused(key)) return false;
    this.#rest(RETRY_MILLIS);
    return true;
  }

  #rest(millis: number): void {
    this.#pause?.cancel();
    this.#pause = this.#parts.timers.after(millis, () => {
      this.#pause = undefined;
      this.pump();
    });
  }

  #wrapped(outgoing: Outgoing): string | Uint8Array {
    return this.#parts.envelopes() ? envelope(outgoing) : outgoing.payload;
  }

  #post(outgoing: Outgoing): void {
    const { outbox, timers, environment } = this.#parts;
    const posting = { abort: new AbortController(), outgoing };
    const { signal } = posting.abort;
    this.#posting = posting;
    const limit = timers.after(POST_MILLIS, () => posting.abort.abort());
    const message = this.#wrapped(outgoing);
    if (outgoing.key !== '') outbox.sent(outgoing);
    const headers = {
      'Content-Type': typeof message === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream',
    };
    const run = async (): Promise<LinkEnd | undefined> => {
      const body = message as BodyInit;
      const response = await request(this.#parts, this.#parts.url(), { method: 'POST', headers, body, signal });
      if (!response.ok) return refusalOf(response, environment.now());
      await response.arrayBuffer();
      return undefined;
    };
    run()
      .catch((error: unknown): LinkEnd => ({ kind: 'lost', error: asClientError(error) }))
      .then((end) => {
        limit.cancel();
        if (this.#posting !== posting) return;
        this.#posting = undefined;
        this.#posted(outgoing, end);
        this.pump();
      })
      .catch(environment.report);
  }

  /** @param end why the message was not taken; undefined when it was */
  #posted(outgoing: Outgoing, end: LinkEnd | undefined): void {
    const { outbox, unknown } = this.#parts;
    if (!end) {
      if (outgoing.key === '') outbox.sent(outgoing);
      return;
    }
    if (end.error.code === 'unknown-resource') return unknown(end);
    // What may have been handled is sent again only where the server sees that it is the same.
    const told = end.error.retry && end.error.code !== 'unreachable';
    const again = end.kind === 'lost' && (outgoing.key !== '' || told);
    if (!again || end.error.code === 'handler-failed') return outbox.fail(outgoing, end.error);
    outbox.unsent(outgoing);
    this.#rest(end.retryMillis ?? RETRY_MILLIS);
  }
}
