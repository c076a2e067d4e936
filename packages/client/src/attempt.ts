import type { Link, LinkListener, LinkParts, OpenLink } from './link';
import type { ClientTransport, LinkName } from './options';
import type { Timer } from './timers';
import { openers } from './transports';

/** What an attempt is made of. */
export interface AttemptParts extends Omit<LinkParts, 'listener'> {
  readonly transport: LinkName;
  /** Opens it. Default: as the transport's name says. */
  readonly open?: OpenLink | undefined;
  /** Whether it is to take the place of a connection that works. */
  readonly upgrades: boolean;
  /** Told of what the transport tells, while the attempt is not over. */
  readonly listener: (attempt: Attempt) => LinkListener;
  /** It took too long. */
  readonly late: (attempt: Attempt) => void;
}

/** An attempt to connect over one transport, and the connection that may become of it. */
export class Attempt {
  readonly transport: LinkName;
  readonly upgrades: boolean;
  readonly #limit: Timer;
  readonly #link: Link | undefined;
  #over = false;

  constructor(parts: AttemptParts) {
    const { transport, upgrades, timers, settings, listener, open = openers[transport as ClientTransport] } = parts;
    this.transport = transport;
    this.upgrades = upgrades;
    this.#limit = timers.after(settings.connectSeconds * 1000, () => parts.late(this));
    // Its own polls are not held back by itself.
    const clear = upgrades ? () => undefined : parts.clear;
    this.#link = open({ ...parts, clear, listener: listener(this) });
  }

  get over(): boolean {
    return this.#over;
  }

  /** What the transport opened; undefined only while it opens. */
  get link(): Link | undefined {
    return this.#link;
  }

  /** It is connected. */
  succeeded(): void {
    this.#limit.cancel();
  }

  /** It is heard no more. @param leaves whether the server may forget the client */
  end(leaves = false): void {
    if (this.#over) return;
    this.#over = true;
    this.#limit.cancel();
    this.#link?.close(leaves);
  }
}
