import type { NativeSocket, SocketEvents } from '../transports/websocket-connection';
import type { Host } from '../host';
import type { Publication } from '../relay';
import { portable, type Link, type PassedRequest, type Word } from './link';
import { ResponseStandIn, SocketStandIn, type Held } from './stand-in';

/** Where a home answers: what of its host it needs. */
export type Answering = Pick<Host, 'take' | 'publish'>;

/** In the home of resources: their connections that one other thread holds. */
export class Landing {
  readonly #link: Link;
  readonly #host: Answering;
  readonly #responses = new Map<number, ResponseStandIn>();
  readonly #sockets = new Map<number, SocketStandIn>();
  /** Topic -> how many of its members the other thread holds. */
  readonly #members = new Map<string, number>();

  constructor(link: Link, host: Answering) {
    this.#link = link;
    this.#host = host;
  }

  /** Whether the word was for it. */
  receive(word: Word): boolean {
    switch (word[0]) {
      case 'request':
        this.#request(word[1], word[2]);
        return true;
      case 'body':
        this.#responses.get(word[1])?.piece(word[2], word[3]);
        return true;
      case 'gone':
        this.#responses.get(word[1])?.gone();
        return true;
      case 'full':
        this.#held(word[1])?.full(word[2]);
        return true;
      case 'empty':
        this.#held(word[1])?.empty();
        return true;
      default:
        return this.#receiveOfSocket(word);
    }
  }

  #receiveOfSocket(word: Word): boolean {
    switch (word[0]) {
      case 'message':
        this.#sockets.get(word[1])?.events.message(word[2], word[3]);
        return true;
      case 'control':
        this.#sockets.get(word[1])?.events.control(word[2], word[3]);
        return true;
      case 'dropped':
        this.#sockets.get(word[1])?.events.dropped();
        return true;
      case 'closed':
        this.#sockets.get(word[1])?.closed(word[2], word[3]);
        this.#responses.get(word[1])?.gone();
        return true;
      default:
        return false;
    }
  }

  /** Sends to the members of a topic that the other thread holds. */
  publish({ topic, frame, compress }: Publication, except?: NativeSocket): void {
    if (!this.#members.has(topic)) return;
    const left = except instanceof SocketStandIn && except.link === this.#link ? except.id : undefined;
    this.#link.say(['publish', topic, portable(frame), compress, left]);
  }

  /** The other thread has ended. */
  end(): void {
    for (const held of [...this.#responses.values(), ...this.#sockets.values()]) held.gone();
  }

  #held(id: number): Held | undefined {
    return this.#sockets.get(id) ?? this.#responses.get(id);
  }

  #request(id: number, request: PassedRequest): void {
    const response = new ResponseStandIn(this.#link, id, request, {
      over: () => this.#responses.delete(id),
      upgraded: (events) => this.#open(id, events),
    });
    this.#responses.set(id, response);
    this.#host.take(response.native, response.request, request);
  }

  #open(id: number, events: SocketEvents): void {
    const socket = new SocketStandIn(this.#link, id, events, {
      publish: (topic, frame, compress) => this.#host.publish(topic, frame, compress),
      count: (topic, change) => this.#count(topic, change),
      over: () => this.#sockets.delete(id),
    });
    this.#sockets.set(id, socket);
    events.open(socket.native);
  }

  #count(topic: string, change: 1 | -1): void {
    const members = (this.#members.get(topic) ?? 0) + change;
    if (members > 0) this.#members.set(topic, members);
    else this.#members.delete(topic);
  }
}
