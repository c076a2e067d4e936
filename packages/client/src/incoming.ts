import { parseGapNotice, parseHandshake, parsePositioned, parseReply, type Reply } from '@ionosphere/protocol';
import { NEW_SESSION, type Session } from './session';

/** What a message from the server was. */
export interface IncomingListener {
  /** The server says who the client is. @param forgotten whether it has lost what it knew of the client's messages */
  greeted(forgotten: boolean): void;
  message(payload: string | Uint8Array): void;
  reply(reply: Reply): void;
  /** Messages are missing. */
  gap(): void;
}

/** Reads what comes from the server, and keeps where in it the client is (PROTOCOL.md, "Positions"). */
export class Incoming {
  readonly #listener: IncomingListener;
  #session: Session;
  #padding = '';
  /** Whether there was an id before. */
  #known: boolean;
  /** Whether it was told that messages are missing, and none came since. */
  #missing = false;

  constructor(session: Session, listener: IncomingListener) {
    this.#session = session;
    this.#known = session.id !== '0';
    this.#listener = listener;
  }

  get session(): Session {
    return this.#session;
  }

  /** The server knows the client no more. Where it was stays known: the numbering may outlive the server. */
  forget(): void {
    const { epoch, sequence } = this.#session;
    this.#session = { ...NEW_SESSION, epoch, sequence };
  }

  take(message: string | Uint8Array): void {
    const { epoch, sequence } = this.#session;
    // A server without positions sends messages as they are.
    const positioned = epoch === '' ? undefined : parsePositioned(message);
    if (!positioned) return this.#control(message);
    // It came by two ways, while one connection took the place of another.
    if (positioned.sequence <= sequence) return;
    this.#session = { ...this.#session, sequence: positioned.sequence };
    this.#missing = false;
    const { payload, base64, reply } = positioned;
    if (reply) this.#reply(String(payload));
    else this.#listener.message(base64 ? bytesOf(String(payload)) : payload);
  }

  #reply(text: string): void {
    const reply = parseReply(text);
    if (reply) this.#listener.reply(reply);
  }

  #control(message: string | Uint8Array): void {
    const handshake = typeof message === 'string' ? parseHandshake(message) : undefined;
    if (handshake && (this.#padding === '' || this.#session.epoch !== '' || handshake.uuid === this.#session.id)) {
      const { uuid, padding, position, memory = '' } = handshake;
      const before = this.#session;
      const { epoch = '', sequence: told = -1 } = position ?? {};
      // Where the numbering is the same, the client knows better: more may have come by the connection before.
      const sequence = epoch === before.epoch ? before.sequence : told;
      this.#padding = padding;
      this.#session = { id: uuid, epoch, sequence, memory };
      const isNew = this.#known && uuid !== before.id;
      const forgotten = isNew || (this.#known && memory !== before.memory);
      this.#known = true;
      if (isNew) this.#gap();
      return this.#listener.greeted(forgotten);
    }
    if (message === this.#padding) return;
    if (this.#session.epoch === '') return this.#listener.message(message);
    const from = typeof message === 'string' ? parseGapNotice(message) : undefined;
    if (from === undefined) return;
    this.#session = { ...this.#session, sequence: Math.max(this.#session.sequence, from) };
    this.#gap();
  }

  #gap(): void {
    if (!this.#missing) this.#listener.gap();
    this.#missing = true;
  }
}

/** Bytes of base64 (RFC 4648, section 4). */
export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
