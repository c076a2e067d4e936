import { LengthPrefixReader, parseHandshake, type Handshake, type Payload } from '@ionosphere/protocol';
import { Mailbox, show } from './mailbox';

/** How a client asked to be spoken to. */
export interface ReceiverOptions {
  /** Whether texts come with their length in front (`X-Atmosphere-TrackMessageSize`). */
  readonly framed: boolean;
  /** Whether a handshake comes first (`X-atmo-protocol`). */
  readonly protocol: boolean;
}

/**
 * The reading half of a client of the protocol, whatever brings the bytes: takes the handshake, drops heartbeats, cuts
 * framed texts apart and keeps the messages. PROTOCOL.md.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #mailbox = new Mailbox();
  #reader: LengthPrefixReader | undefined;
  #expectsHandshake = false;
  readonly #onHandshake: (() => void)[] = [];
  #handshake: Handshake | undefined;
  #heartbeats = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** The newest handshake; undefined while there was none. */
  get handshake(): Handshake | undefined {
    return this.#handshake;
  }

  /** How many heartbeats the server sent. */
  get heartbeats(): number {
    return this.#heartbeats;
  }

  /** All messages so far, whether they were read by `next` or not. */
  get messages(): readonly Payload[] {
    return this.#mailbox.all;
  }

  /** A connection begins: the first text is a handshake again, and half a frame of the old one is forgotten. */
  arm(): void {
    this.#expectsHandshake = this.#options.protocol;
    this.#reader = this.#options.framed ? new LengthPrefixReader() : undefined;
    this.#mailbox.reopen();
  }

  /** Takes what the wire brought in one piece. */
  take(piece: Payload): void {
    if (typeof piece !== 'string') return this.#mailbox.put(piece);
    try {
      const texts = this.#reader ? this.#reader.read(piece) : [piece];
      for (const text of texts) this.#text(text);
    } catch (error) {
      this.end(error as Error);
    }
  }

  /** Nothing more will come until the next `arm`. */
  end(reason: Error): void {
    this.#mailbox.end(reason);
    this.#onHandshake.splice(0).forEach((done) => done());
  }

  /** The next unread message. */
  next(withinMillis: number): Promise<Payload> {
    return this.#mailbox.next(withinMillis);
  }

  /** Resolves when the expected handshake was read, or when none can come any more; at once when none is expected. */
  ready(): Promise<void> {
    return this.#expectsHandshake ? new Promise((resolve) => this.#onHandshake.push(resolve)) : Promise.resolve();
  }

  #text(text: string): void {
    if (this.#expectsHandshake) return this.#takeHandshake(text);
    if (this.#options.protocol && text === this.#handshake?.padding) this.#heartbeats++;
    else this.#mailbox.put(text);
  }

  #takeHandshake(text: string): void {
    const handshake = parseHandshake(text);
    if (!handshake) throw new Error(`The first text must be a handshake, but it is ${show(text)}`);
    this.#handshake = handshake;
    this.#expectsHandshake = false;
    this.#onHandshake.splice(0).forEach((done) => done());
    // A stream without lengths may bring the first message in one piece with the handshake.
    const rest = text.split('|').slice(3).join('|');
    if (rest !== '') this.#text(rest);
  }
}
