import type { Payload, TransportName } from '@ionosphere/protocol';
import type { Failure } from './errors';
import type { LogEntry } from './log/message-log';
import type { Request } from './request/request';
import type { Resource } from './resource/resource';

/*
 * The port between the framework and a transport: the only file that the author of a transport must read.
 *
 * A transport drives. For each client that arrives it calls
 *
 *   app.connect(request)            -> the client's Resource, or a Failure is thrown: answer it, and that was all
 *   resource.attach(connection)     -> from now on the resource may write to the connection, at once even
 *   resource.receive(payload)       -> for each message; gives the Failure to answer, if any
 *   resource.drained(connection)    -> after a write gave 'full', when there is room again
 *   resource.detach(connection, why)-> the connection is over; nothing is written to it any more
 *
 * and it is written to: the framework calls `write` and `close`. A WebSocket lives for one attach; for long-polling each
 * poll is an attach and a detach, and what is sent in between waits in the message log. Polls that say the same one after the
 * other may be one connection, a `Run`, which is attached again and again: with `comeBack` instead of `attach`.
 */

/** What goes over a wire in one piece: text, or bytes. */
export type Frame = string | Uint8Array;

/**
 * What became of the frames:
 * `ok`: taken, more may follow; `full`: taken, but write no more until `drained` (or until the next attach);
 * `closed`: not taken.
 */
export type WriteResult = 'ok' | 'full' | 'closed';

/**
 * Why a connection ended: a poll was answered; the peer vanished; the peer did not keep up and messages that were already
 * taken had to be thrown away; the client said goodbye.
 */
export type DetachReason = 'answered' | 'lost' | 'overrun' | 'left';

/** One physical attachment of a resource. */
export interface Connection {
  readonly transport: Transport;
  /** The request that opened it. */
  readonly request: Request;
  /** Takes whole frames, in order. A transport that joins frames must not let a reader see half of one as a whole. */
  write(frames: readonly Frame[]): WriteResult;
  /** Ends the connection, telling why where the wire can. Must not call back into the resource. */
  close(failure?: Failure): void;
  /** Ability: says on the wire that the server lives, in a way that no application sees. Used for clients without the protocol. */
  ping?(): void;
  /** Ability: sends a control frame with data that its answer brings back. */
  sendPing?(data: string | Uint8Array): void;
  /** Ability: ends the connection with a code and a reason of the application's. */
  closeWith?(code: number, reason: string): void;
  /** Ability of one that ends with its first write: writes without ending. */
  writeOn?(frames: readonly Frame[]): void;
  /** Ability: whether so much waits for a slow peer that nothing more should come until `drained`. */
  congested?(): boolean;
  /**
   * Ability of one that goes on, and can't `join`: whose it is. What is the same for many is then written to it past its
   * resource. Its `write` must not call back into the resource.
   */
  readonly owner?: Resource;
  /** Ability: receives what is published to the topic, in order with what is written. */
  join?(topic: string): void;
  leave?(topic: string): void;
  /** Ability that goes with `join`: what `publish` of its transport does, for all that joined but this one. */
  publish?(topic: string, frame: Frame): void;
}

/** One way of making connections. */
export interface Transport {
  readonly name: TransportName;
  /** How a payload looks on this wire, under the framing of the interceptors. */
  readonly wire: Wire;
  /** Whether a connection ends with its first write, as a poll does. */
  readonly oneShot: boolean;
  /** Whether messages come in over the same connection. */
  readonly duplex: boolean;
  /** Whether its clients understand a handshake; those that don't learn their id from a header. Default: yes. */
  readonly handshake?: boolean;
  /** Whether `close` brings the failure to the client in its full form, so that it need not be sent before. Default: no. */
  readonly tellsFailures?: boolean;
  /** Ability: one call reaches every connection that joined the topic. Its connections must have `join`, `leave` and `publish`. */
  readonly publish?: (topic: string, frame: Frame) => void;
}

/** What the bytes of one wire can carry. */
export interface Wire {
  readonly name: string;
  /** Whether bytes can travel as they are. Where they can't, they travel as base64 text. */
  readonly binary: boolean;
  /**
   * Where one frame ends: `message` when each write is a message of its own (WebSocket), `event` when the wire marks the
   * end (SSE), `stream` when it does not, so that only a length in front keeps joined frames apart.
   */
  readonly boundary: 'message' | 'event' | 'stream';
  /** Text as it will arrive, before its length is counted. Default: as it is. */
  readonly normalize?: (text: string) => string;
  /** The last layer around a text, and the message that it is, if it is one. Default: none. */
  readonly wrap?: (text: string, entry?: LogEntry) => string;
  /**
   * Whether the wire brings clients that know no protocol the position of each message, and is told it when they come
   * back: such a resource keeps what was sent to it alone until it is proven to have it. Default: no.
   */
  readonly identifies?: boolean;
  /**
   * Makes the whole frame, of a wire that has places of its own for topic and position: nothing is put in front of a text
   * there. Without an entry it is what is said of the connection, such as a heartbeat. Default: text and bytes are the frame.
   */
  readonly encode?: (payload: Payload, entry?: LogEntry) => Frame;
}
