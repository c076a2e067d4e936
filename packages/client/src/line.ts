import { Connection } from './connection';
import type { Environment, PresenceListener } from './environment';
import type { OpenLink } from './link';
import type { Settings } from './options';
import type { Session } from './session';
import type { LineListener } from './status';
import type { Timers } from './timers';
import type { Outgoing } from './outbox';

/** What a line is made of. */
export interface LineParts {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly timers: Timers;
  readonly listener: LineListener;
  /** Opens connections. Default: as the transport's name says. */
  readonly open?: OpenLink | undefined;
  /** Whom to go on as. Default: somebody new. */
  readonly session?: Session;
}

/** What a client speaks through: a connection of its own, or one that it shares with other tabs. */
export interface Line extends PresenceListener {
  start(): void;
  submit(outgoing: Outgoing): void;
  cancel(key: string): void;
  /** Tries to connect now, instead of waiting. */
  retry(): void;
  /** Tells the other tabs. Absent where there are none. */
  readonly tell?: (message: unknown) => void;
  close(): Promise<void>;
}

/** A connection of the client's own. */
export class OwnLine implements Line {
  readonly #connection: Connection;

  constructor(parts: LineParts) {
    this.#connection = new Connection(parts);
  }

  start(): void {
    this.#connection.start();
  }

  submit(outgoing: Outgoing): void {
    this.#connection.submit(outgoing);
  }

  cancel(key: string): void {
    this.#connection.cancel(key);
  }

  retry(): void {
    this.#connection.retry();
  }

  close(): Promise<void> {
    return this.#connection.close(true);
  }

  online(): void {
    this.#connection.retry();
  }

  offline(): void {
    this.#connection.offline();
  }

  visible(): void {
    this.#connection.visible();
  }

  /** Of a page that is gone for good the server should know at once. */
  leaving(mayReturn: boolean): void {
    if (!mayReturn) void this.#connection.close(true);
  }

  /** What the browser did to the connection meanwhile is not always told. */
  returned(): void {
    this.#connection.drop();
    this.#connection.retry();
  }
}
