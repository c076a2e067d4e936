import { MAX_UNANSWERED } from '@ionosphere/protocol';
import { ClientError } from './errors';

/** One message on its way to the server. */
export interface Outgoing {
  /** What its reply is known by; empty when none is wanted. */
  readonly key: string;
  readonly payload: string | Uint8Array;
  /** Whether it may be handled twice: then it is sent again even when the server has forgotten the client. */
  readonly repeatable: boolean;
}

interface Entry {
  readonly outgoing: Outgoing;
  /** In how many connections it was sent. */
  attempts: number;
  /** Whether it was sent in this connection. */
  sent: boolean;
}

/** After so many connections that broke, the message itself is taken for the cause. */
const MAX_ATTEMPTS = 5;

/** What waits to be sent, and what waits for its reply, in the order in which it was given. */
export class Outbox {
  readonly #size: number;
  readonly #failed: (key: string, error: ClientError) => void;
  readonly #keys = new Set<string>();
  readonly #entries: Entry[] = [];
  #unanswered = 0;

  /** @param failed is told of each message that is given up */
  constructor(size: number, failed: (key: string, error: ClientError) => void) {
    this.#size = size;
    this.#failed = failed;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** A key that is there already is the same message. */
  add(outgoing: Outgoing): void {
    const { key } = outgoing;
    if (key !== '' && this.#keys.has(key)) return;
    if (this.#entries.length >= this.#size) {
      const text = `${this.#size} messages wait to be sent; wait, or raise outboxSize.`;
      return this.#failed(key, new ClientError('outbox-full', text));
    }
    if (key !== '') this.#keys.add(key);
    this.#entries.push({ outgoing, attempts: 0, sent: false });
  }

  /** The next message to send; undefined when there is none, or enough are without a reply. */
  next(): Outgoing | undefined {
    if (this.#unanswered >= MAX_UNANSWERED) return undefined;
    return this.#entries.find((entry) => !entry.sent)?.outgoing;
  }

  /** The message is on its way. Without a key nothing more is heard of it. */
  sent(outgoing: Outgoing): void {
    const entry = this.#entries.find((one) => one.outgoing === outgoing);
    if (!entry) return;
    if (outgoing.key === '') return this.#remove(entry);
    entry.sent = true;
    entry.attempts++;
    this.#unanswered++;
  }

  /** It did not leave, or was not taken, and is the next again. */
  unsent(outgoing: Outgoing): void {
    const entry = this.#entries.find((one) => one.outgoing === outgoing);
    if (!entry?.sent) return;
    entry.sent = false;
    this.#unanswered--;
  }

  /** The server would not have it for now. */
  refused(key: string): boolean {
    const entry = this.#entries.find((one) => one.outgoing.key === key && one.sent);
    if (!entry) return false;
    entry.attempts--;
    this.unsent(entry.outgoing);
    return true;
  }

  /** Nothing more is to be done for the message of that key; tells whether it was there. */
  settle(key: string): boolean {
    const entry = key === '' ? undefined : this.#entries.find((one) => one.outgoing.key === key);
    if (entry) this.#remove(entry);
    return entry !== undefined;
  }

  fail(outgoing: Outgoing, error: ClientError): void {
    const entry = this.#entries.find((one) => one.outgoing === outgoing);
    if (entry) this.#giveUp(entry, error);
  }

  /** The connection is gone: what has no reply will be sent again. */
  disconnected(): void {
    this.#unanswered = 0;
    for (const entry of [...this.#entries]) {
      if (!entry.sent) continue;
      entry.sent = false;
      if (entry.attempts >= MAX_ATTEMPTS)
        this.#giveUp(
          entry,
          new ClientError('undeliverable', `The message broke ${MAX_ATTEMPTS} connections; is it too large?`),
        );
    }
  }

  /** The server knows nothing of the client any more: what had been sent may have been handled, or not. */
  forgotten(): void {
    const error = new ClientError('outcome-unknown', 'The server has lost the client, and what became of its message.');
    for (const entry of [...this.#entries])
      if (entry.attempts > 0 && !entry.outgoing.repeatable) this.#giveUp(entry, error);
  }

  /** Gives up everything. */
  clear(error: ClientError): void {
    for (const entry of [...this.#entries]) this.#giveUp(entry, error);
  }

  #giveUp(entry: Entry, error: ClientError): void {
    this.#remove(entry);
    this.#failed(entry.outgoing.key, error);
  }

  #remove(entry: Entry): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#keys.delete(entry.outgoing.key);
    if (entry.sent) this.#unanswered--;
  }
}
