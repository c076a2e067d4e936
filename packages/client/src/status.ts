import type { Reply } from '@ionosphere/protocol';
import type { ClientError } from './errors';
import type { LinkName } from './options';

/** `connecting` until there was a first connection, then `live` or `reconnecting`; `offline` while there is no network. */
export type ClientState = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'closed';

/** Where a client is, for a user interface. */
export interface StateChange {
  readonly state: ClientState;
  /** Transport of the connection, while there is one. */
  readonly transport: LinkName | undefined;
  /** When the next try begins, in milliseconds since the epoch, while it is waited for. */
  readonly retryAt: number | undefined;
  /** Why there is no connection. */
  readonly reason: ClientError | undefined;
}

/** Who is told of what a connection brings. */
export interface LineListener {
  changed(change: StateChange): void;
  message(payload: string | Uint8Array): void;
  reply(reply: Reply): void;
  gap(): void;
  /** A message was given up; its key is empty when nobody waits for its reply. */
  failed(key: string, error: ClientError): void;
  /** Another tab says something. */
  local(message: unknown): void;
  /** There will be no connection any more. */
  ended(by: 'server' | 'failure', error: ClientError): void;
}

/** The state, told when it changes. */
export class Status {
  readonly #changed: (change: StateChange) => void;
  #change: StateChange = { state: 'connecting', transport: undefined, retryAt: undefined, reason: undefined };

  constructor(changed: (change: StateChange) => void) {
    this.#changed = changed;
  }

  get change(): StateChange {
    return this.#change;
  }

  /** There is no connection, and one is tried or waited for. */
  becomeTrying(more: Partial<StateChange>): void {
    this.become(this.#change.state === 'connecting' ? 'connecting' : 'reconnecting', more);
  }

  become(state: ClientState, more: Partial<StateChange> = {}): void {
    const before = this.#change;
    this.#change = { state, transport: undefined, retryAt: undefined, reason: undefined, ...more };
    const { transport, retryAt } = this.#change;
    if (before.state !== state || before.transport !== transport || before.retryAt !== retryAt)
      this.#changed(this.#change);
  }
}
