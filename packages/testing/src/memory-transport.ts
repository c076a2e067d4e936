import type { Connection, Failure, Frame, Payload, Request, Resource, Transport, WriteResult } from '@ionosphere/core';

/** A connection that lasts and keeps messages apart, as a WebSocket does. */
const lasting: Transport = {
  name: 'memory',
  oneShot: false,
  duplex: true,
  wire: { name: 'memory', binary: true, boundary: 'message' },
};

/** A connection that ends with its first write and has no boundaries but those of the framing, as a poll does. */
const polling: Transport = {
  name: 'memory',
  oneShot: true,
  duplex: false,
  wire: { name: 'memory polling', binary: false, boundary: 'stream' },
};

/** What the client at the other end is told. */
export interface Peer {
  /** A piece arrived, as the wire carries it. */
  arrived(piece: Payload): void;
  /** The server ended this connection. Of a poll without a failure: it was answered. */
  ended(connection: MemoryConnection, failure: Failure | undefined): void;
}

/** One connection between a client and an app in the same process; for polling, one poll. */
export class MemoryConnection implements Connection {
  readonly transport: Transport;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly over: Promise<void>;
  #open = true;
  #tellOver!: () => void;

  constructor(
    readonly request: Request,
    private readonly resource: Resource,
    private readonly peer: Peer,
    isPoll: boolean,
  ) {
    this.transport = isPoll ? polling : lasting;
    this.over = new Promise((resolve) => (this.#tellOver = resolve));
  }

  get open(): boolean {
    return this.#open;
  }

  write(frames: readonly Frame[]): WriteResult {
    if (!this.#open) return 'closed';
    if (!this.transport.oneShot) {
      for (const frame of frames) this.peer.arrived(frame);
      return 'ok';
    }
    this.#finish();
    if (frames.length > 0) this.peer.arrived(frames.map(String).join(''));
    this.resource.detach(this, 'answered');
    this.peer.ended(this, undefined);
    return 'full';
  }

  /** Writes to a poll without answering it. */
  writeOn(frames: readonly Frame[]): void {
    if (this.#open) this.peer.arrived(frames.map(String).join(''));
  }

  /** A connection that lasts has nothing to keep alive; a poll is answered with nothing. */
  ping(): void {
    if (this.transport.oneShot) this.write([]);
  }

  close(failure?: Failure): void {
    if (!this.#open) return;
    this.#finish();
    this.peer.ended(this, failure);
  }

  /** The client ends it: it says goodbye, or it vanishes. */
  drop(reason: 'left' | 'lost'): void {
    if (!this.#open) return;
    this.#finish();
    this.resource.detach(this, reason);
  }

  #finish(): void {
    this.#open = false;
    this.#tellOver();
  }
}
