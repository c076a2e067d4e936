import type { Environment } from './environment';
import type { LinkName, Settings } from './options';

/** For platforms without a storage: gone with the page. */
const memory = new Map<string, string>();

/** How many rounds a transport that had worked is tried alone, before others are. */
const LOYAL_ROUNDS = 2;

/**
 * Chooses the transport for each attempt: the one that worked before, else the best, and after a failure the next. The choice
 * is remembered, with an expiry: a network that blocks today is another one tomorrow.
 */
export class Negotiator {
  readonly #order: readonly LinkName[];
  readonly #environment: Environment;
  readonly #key: string;
  readonly #rememberMillis: number;
  /** What is yet to be tried in this round. */
  #round: LinkName[] = [];
  #last: LinkName | undefined;
  #failedRounds = 0;
  #offers = 0;

  constructor({ transports, url, rememberSeconds }: Settings, environment: Environment) {
    this.#order = transports;
    this.#environment = environment;
    this.#key = `ionosphere:transport:${url.origin}`;
    this.#rememberMillis = rememberSeconds * 1000;
    this.#round = this.#from(this.#recall());
  }

  /** The transport to try now; undefined when all of this round have failed: wait, and begin another. */
  next(): LinkName | undefined {
    return this.#round[0];
  }

  /** This one did not connect. */
  failed(): void {
    this.#round.shift();
  }

  /** This one did. */
  succeeded(transport: LinkName): void {
    this.#last = transport;
    this.#failedRounds = 0;
    this.#round = [transport];
    if (this.#rememberMillis === 0) return;
    const text = JSON.stringify({ transport, until: this.#environment.now() + this.#rememberMillis });
    try {
      (this.#environment.storage ?? { setItem: (key, value) => memory.set(key, value) }).setItem(this.#key, text);
    } catch {
      // A full, or forbidden, storage: it is only a convenience.
    }
  }

  /** Begins another round. A server that restarts refuses all: that is no reason to change a transport that worked. */
  again(): void {
    this.#failedRounds++;
    this.#round = this.#from(this.#last);
    if (this.#last && this.#failedRounds <= LOYAL_ROUNDS) this.#round.length = 1;
  }

  /** A transport that is better than the one in use, if there is any: each in turn. */
  better(transport: LinkName): LinkName | undefined {
    const better = this.#order.slice(0, Math.max(0, this.#order.indexOf(transport)));
    return better[this.#offers++ % better.length];
  }

  /** All transports, the given first. */
  #from(first: LinkName | undefined): LinkName[] {
    return [...new Set([...(first && this.#order.includes(first) ? [first] : []), ...this.#order])];
  }

  #recall(): LinkName | undefined {
    if (this.#rememberMillis === 0) return undefined;
    try {
      const { storage, now } = this.#environment;
      const text = storage ? storage.getItem(this.#key) : memory.get(this.#key);
      const { transport, until } = JSON.parse(text ?? '{}') as { transport?: LinkName; until?: number };
      // A time too far ahead was written by a clock that has been put back since.
      return typeof until === 'number' && until > now() && until <= now() + this.#rememberMillis
        ? transport
        : undefined;
    } catch {
      return undefined;
    }
  }
}
