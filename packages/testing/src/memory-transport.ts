import {
  Failure,
  FrameStages,
  pongArrived,
  type Connection,
  type Frame,
  type Payload,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';

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
  /** A ping arrived, on a connection that lasts. */
  pinged(body: Buffer): void;
  /** The server ended this connection. Of a poll without a failure: it was answered. */
  ended(connection: MemoryConnection, failure: Failure | undefined): void;
}

/** One connection between a client and an app in the same process; for polling, one poll. */
export class MemoryConnection implements Connection {
  readonly transport: Transport;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly over: Promise<void>;
  /** Absent for polling, which has no frames. */
  readonly sendPing?: (body: string | Uint8Array) => void;
  /** There when the service has stages, for a connection that has frames. */
  readonly #stages: FrameStages | undefined;
  #open = true;
  #tellOver!: () => void;

  constructor(
    readonly request: Request,
    private readonly resource: Resource,
    private readonly peer: Peer,
    isPoll: boolean,
  ) {
    this.transport = isPoll ? polling : lasting;
    const isStaged = !isPoll && resource.endpoint.service.frameStages.length > 0;
    this.#stages = isStaged ? new FrameStages(resource, request) : undefined;
    if (!isPoll) this.sendPing = (body) => this.#open && this.peer.pinged(Buffer.from(body));
    this.over = new Promise((resolve) => (this.#tellOver = resolve));
  }

  get open(): boolean {
    return this.#open;
  }

  write(frames: readonly Frame[]): WriteResult {
    if (!this.#open) return 'closed';
    if (!this.transport.oneShot) {
      for (const frame of this.#stages?.outward(frames) ?? frames) this.peer.arrived(frame);
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

  /** A message of the client, on its way in: what is left of it, or why it is refused. */
  inward(payload: Payload): Payload | Failure | undefined {
    return this.#stages ? this.#stages.inward(payload) : payload;
  }

  /** The client sent a pong, asked for or not. */
  pong(body: Uint8Array): void {
    if (!this.#open || pongArrived(this.resource, body)) return;
    this.resource.endpoint.control('pong', this.resource, body);
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
