import type { Payload } from '@ionosphere/protocol';
import { Attachment } from './attachment';
import { Failure } from '../errors';
import { noteWrite, type Written } from './heartbeat';
import type { LogEntry } from '../log/message-log';
import type { OutboundParts } from './outbound-rules';
import type { Request } from '../request/request';
import type { Resource } from './resource';
import { Stall } from './stall';
import type { Connection, Frame, WriteResult } from '../transport';

/** Writes to the connection of a resource, and watches it while it takes no more. */
export abstract class Writer extends Attachment implements Written {
  /** Whether the connection takes no more for now. */
  full = false;
  /** Whether the connection has begun to get messages: what is lost from now on, its client would not notice. */
  established = false;
  #stall: Stall | undefined;
  awaits: Written['awaits'] = undefined;

  constructor(
    parts: OutboundParts,
    readonly resource: Resource,
    request: Request,
  ) {
    super(parts, request);
  }

  get lastPublish(): number {
    return this.debts.lastPublish;
  }

  /** The connection is full, but its peer reads. */
  progressed(): void {
    this.#stall?.moved();
  }

  /** Gives a connection whose peer does not keep up no more than what it has, until it has drained. */
  relieve(): void {
    if (this.connection && !this.full && this.connection.congested?.()) this.fill(this.connection);
  }

  /** Writes to a connection that keeps up; tells whether it took the message. */
  writeNow(payload: Payload, entry?: LogEntry): boolean {
    if (!this.connection || !this.framing) return false;
    const frame = this.framing.frame(payload, entry);
    // What can't be framed now can't be later either.
    return frame === undefined || this.writeFrames(this.connection, [frame]) !== 'closed';
  }

  /** Writes a heartbeat, unless the connection is full. It is none of the writes that heartbeats are told of. */
  beat(text: string): void {
    const { connection } = this;
    if (connection && this.framing && !this.full) this.writeFrames(connection, this.framing.heartbeat(text), false);
  }

  /**
   * Writes a text that belongs to the connection, not to the resource, such as a handshake.
   *
   * @param tells whether the heartbeat is told of it. Default: it is.
   */
  writeControl(text: string, tells = true): WriteResult {
    if (!this.connection || !this.framing) return 'closed';
    if (this.full) return 'full';
    return this.writeFrames(this.connection, [this.framing.frameControl(text)], tells);
  }

  /** Writes the handshake. It begins the first interval of heartbeats, rather than falling into it. */
  greet(handshake: string): WriteResult {
    return this.writeControl(handshake, false);
  }

  /** Writes a text of the connection to a poll without answering it, where a reader can tell the text from what will follow. */
  writeOn(text: string | undefined): void {
    const { connection, framing } = this;
    if (text !== undefined && framing?.delimited) connection?.writeOn?.(framing.heartbeat(text));
  }

  protected writeFrames(connection: Connection, frames: readonly Frame[], tells = true): WriteResult {
    const result = connection.write(frames);
    if (tells) noteWrite(this);
    if (result !== 'ok' && this.isAttached && connection === this.connection) this.fill(connection);
    return result;
  }

  /** The connection takes no more until it has drained. */
  protected fill(connection: Connection): void {
    this.full = true;
    for (const subscription of this.owed.subscriptions) subscription.pause();
    // A poll is full with its answer, and has ended.
    if (connection.transport.oneShot) return;
    this.parts.durability?.changed(this.resource);
    this.endStall();
    const limitMillis = this.owed.rules.slowClientMillis;
    this.#stall = new Stall({ ...this.parts, limitMillis, isOver: () => this.owed.tooMuch });
    this.#stall.start(() => this.overrun());
  }

  /** The client does not keep up: it is cut off, and goes on where it was when it is back. */
  protected overrun(): void {
    const connection = this.connection;
    if (!connection) return;
    this.resource.detach(connection, 'overrun');
    connection.close(new Failure('slow-client'));
  }

  protected endStall(): void {
    this.#stall = void this.#stall?.end();
  }
}
