import type { Frame } from '@ionosphere/core';
import type { Exchange } from './http/exchange';
import type { NativeSocket, SocketEvents } from './transports/websocket-connection';

/** What is sent to all WebSockets that joined a topic. */
export interface Publication {
  readonly topic: string;
  readonly frame: Frame;
  readonly compress: boolean;
}

/** A handshake that may become a WebSocket. */
export interface Handshake {
  /** The pattern of paths that it came by. */
  readonly pattern: string;
  upgrade(events: SocketEvents): void;
}

/** The numbers that `/health` tells. */
export interface Census {
  readonly resources: number;
  /** How many threads there are, this one included. */
  readonly threads: number;
}

/** The port between a host and those that run the same services in other threads. */
export interface Relay {
  /** Passes on what is for a resource of another thread; tells whether it did. */
  forward(exchange: Exchange, handshake?: Handshake): boolean;
  /**
   * Sends to the WebSockets that other threads hold for resources of this one.
   *
   * @param except one that does not get it
   */
  publish(publication: Publication, except?: NativeSocket): void;
  /** Counts the resources of all threads. */
  census(): Promise<Census>;
}
