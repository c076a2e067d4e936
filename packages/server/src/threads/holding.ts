import type { Frame } from '@ionosphere/core';
import type { Exchange, Leaver } from '../http/exchange';
import type { Handshake } from '../relay';
import type { Step } from '../http/replay';
import { HeldSocket } from './held-socket';
import type { Link, Word } from './link';

/** After how much that was published its receivers are asked how much waits for them, in payload length. */
const ASK = 128 * 1024;

/** How much may wait for one of them before its home is told, in bytes. */
const CONGESTION = 256 * 1024;

/** Methods of requests that have no body. */
const bodiless = new Set(['GET', 'HEAD', 'OPTIONS']);

const unavailable: readonly Step[] = [
  ['status', '503 Service Unavailable'],
  ['header', 'Retry-After', '1'],
  ['end', '', true],
];

/** In the holder of a connection: an HTTP request that another thread answers. */
class HeldExchange implements Leaver {
  #begun = false;
  #full = false;
  #waits = false;

  constructor(
    private readonly link: Link,
    readonly id: number,
    readonly exchange: Exchange,
    private readonly over: () => void,
  ) {
    exchange.onGone(this);
  }

  gone(): void {
    this.over();
    this.link.say(['gone', this.id]);
  }

  replay(steps: readonly Step[]): void {
    this.#begun = true;
    if (this.exchange.replay(steps)) return;
    this.#full = true;
    this.link.say(['full', this.id, 1]);
    if (!this.#waits) this.exchange.onWritable(() => this.#writable());
    this.#waits = true;
  }

  ask(): void {
    if (!this.#full) this.link.say(['empty', this.id]);
  }

  /** The thread that was to answer has ended. */
  abandon(): void {
    this.exchange.replay(this.#begun ? [['close']] : unavailable);
  }

  #writable(): void {
    // A write of nothing lets the library send on what waits in its memory.
    this.exchange.replay([]);
    this.#full = false;
    this.link.say(['empty', this.id]);
  }
}

/** In the holder of connections: those whose resources live in one other thread. */
export class Holding {
  readonly #link: Link;
  readonly #prefix: string;
  readonly #publish: (topic: string, frame: Frame, compress: boolean) => void;
  readonly #exchanges = new Map<number, HeldExchange>();
  readonly #sockets = new Map<number, HeldSocket>();
  #next = 0;
  #unasked = 0;

  /**
   * @param home number of the other thread: its topics are not those of this one
   * @param publish sends to all WebSockets of this thread that joined the topic
   */
  constructor(link: Link, home: number, publish: (topic: string, frame: Frame, compress: boolean) => void) {
    this.#link = link;
    this.#prefix = `${home}/`;
    this.#publish = publish;
  }

  /** Lets the other thread answer. */
  forward(exchange: Exchange, handshake: Handshake | undefined): void {
    const { sent } = exchange;
    if (!sent) return;
    const id = this.#next++;
    const hasBody = !handshake && !bodiless.has(sent.method.toUpperCase());
    const { method, path, query, headers, remoteAddress } = sent;
    const fields = new Map(headers);
    const pattern = handshake?.pattern;
    this.#link.say(['request', id, { method, path, query, headers: fields, remoteAddress, pattern, hasBody }]);
    if (handshake) return this.#hold(id, handshake);
    this.#exchanges.set(id, new HeldExchange(this.#link, id, exchange, () => this.#exchanges.delete(id)));
    if (hasBody)
      exchange.pipeBody((bytes, isLast) => {
        if (this.#exchanges.has(id)) this.#link.say(['body', id, bytes, isLast]);
      });
  }

  /** It becomes a WebSocket at once: later the library may end it, for a bug of its own, when it was corked as a response. */
  #hold(id: number, handshake: Handshake): void {
    const socket = new HeldSocket(this.#link, id, () => this.#sockets.delete(id));
    this.#sockets.set(id, socket);
    handshake.upgrade(socket);
  }

  /** Whether the word was for it. */
  receive(word: Word): boolean {
    switch (word[0]) {
      case 'answer':
        this.#answer(word[1], word[2]);
        return true;
      case 'taken':
        this.#sockets.get(word[1])?.taken();
        return true;
      case 'ask':
        (this.#sockets.get(word[1]) ?? this.#exchanges.get(word[1]))?.ask();
        return true;
      case 'send':
        this.#sockets.get(word[1])?.send(word[2], word[3]);
        return true;
      case 'publish':
        this.#published(word[1], word[2], word[3], word[4]);
        return true;
      default:
        return this.#receiveOfSocket(word);
    }
  }

  #receiveOfSocket(word: Word): boolean {
    switch (word[0]) {
      case 'ping':
        this.#sockets.get(word[1])?.socket?.ping(word[2]);
        return true;
      case 'end':
        this.#sockets.get(word[1])?.socket?.end(word[2], word[3]);
        return true;
      case 'close':
        this.#sockets.get(word[1])?.socket?.close();
        return true;
      case 'join':
        this.#sockets.get(word[1])?.socket?.subscribe(this.#prefix + word[2]);
        return true;
      case 'leave':
        this.#sockets.get(word[1])?.socket?.unsubscribe(this.#prefix + word[2]);
        return true;
      default:
        return false;
    }
  }

  /** The other thread has ended: its clients are to come back. */
  end(): void {
    for (const held of this.#exchanges.values()) held.abandon();
    for (const { socket } of [...this.#sockets.values()]) socket?.close();
    this.#exchanges.clear();
  }

  #answer(id: number, steps: readonly Step[]): void {
    this.#sockets.get(id)?.refused(steps);
    const held = this.#exchanges.get(id);
    held?.replay(steps);
    if (held && !held.exchange.open) this.#exchanges.delete(id);
  }

  #published(topic: string, frame: Frame, compress: boolean, except: number | undefined): void {
    const own = this.#prefix + topic;
    const left = except === undefined ? undefined : this.#sockets.get(except)?.socket;
    if (left) left.publish(own, frame, typeof frame !== 'string', compress);
    else this.#publish(own, frame, compress);
    this.#unasked += frame.length;
    if (this.#unasked <= ASK) return;
    this.#unasked = 0;
    for (const socket of this.#sockets.values())
      if ((socket.socket?.getBufferedAmount() ?? 0) > CONGESTION) socket.tell();
  }
}
