import type { ClientError } from './errors';
import type { Environment } from './environment';
import type { Settings } from './options';
import type { Timers } from './timers';

/** How a connection ended, or why there was none. */
export interface LinkEnd {
  readonly error: ClientError;
  /**
   * `lost`: may come back; `refused`: the server will not have it, and will not on another transport; `unfit`: this transport
   * is not to be had here; `closed`: the server has ended the resource.
   */
  readonly kind: 'lost' | 'refused' | 'unfit' | 'closed';
  /** How long the server asks to be left alone. */
  readonly retryMillis?: number | undefined;
}

/** What a transport tells of its connection. */
export interface LinkListener {
  /** There is a connection for the resource of that id (undefined where the platform hides it); a handshake need not come. */
  opened(id: string | undefined): void;
  received(message: string | Uint8Array): void;
  /** Something came that is no message. */
  heard(): void;
  /** The server asks for a wait before the next try, in milliseconds: `retry:` of an event stream. */
  paced(millis: number): void;
  /** It is over. Told once, and never after `close`. */
  ended(end: LinkEnd): void;
}

/** What a connection is made from. */
export interface LinkParts {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly timers: Timers;
  /** Where to; asked again for each poll, because it says what the client has. */
  readonly url: (transport?: 'polling') => string;
  /** Whether the server has given the client an id. */
  readonly isKnown: boolean;
  readonly listener: LinkListener;
  /** Resolves when a poll may go out: not while another connection is about to take over. */
  readonly clear: () => Promise<void> | undefined;
}

/** One connection over one transport. */
export interface Link {
  /** Sends a message. Absent where messages go by POST. */
  readonly send?: ((message: string | Uint8Array) => void) | undefined;
  /**
   * Ends it.
   *
   * @param leaves whether the server may forget the client; else it is away, and may come back
   */
  close(leaves: boolean): void;
}

export type OpenLink = (parts: LinkParts) => Link;
