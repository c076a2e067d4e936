import { Broadcaster, type BroadcasterParts } from './broadcaster';
import type { Config } from './config';
import type { Filter } from './filter';
import { MemoryLog, type LogBounds } from './message-log';
import type { Timers } from './timers';

/** What the factory makes broadcasters of. */
export interface BroadcasterFactoryParts extends Omit<BroadcasterParts, 'log'> {
  readonly config: Config;
  readonly timers: Timers;
}

/** The bounds that the settings give to a log. */
export function logBounds(config: Config): LogBounds {
  return { maxMessages: config.logMessages, maxBytes: config.logBytes, maxAgeMillis: config.logSeconds * 1000 };
}

/** All broadcasters of an app, by name. */
export class BroadcasterFactory {
  readonly #parts: BroadcasterFactoryParts;
  readonly #broadcasters = new Map<string, Broadcaster>();
  #sweeping = false;

  constructor(parts: BroadcasterFactoryParts) {
    this.#parts = parts;
  }

  /** The broadcaster of that name, if there is one. The name of a service's broadcaster is its concrete path. */
  find(id: string): Broadcaster | undefined {
    return this.#broadcasters.get(id);
  }

  /** The broadcaster of that name; made, with these filters, when there is none. */
  lookup(id: string, filters: readonly Filter[] = []): Broadcaster {
    let broadcaster = this.#broadcasters.get(id);
    if (!broadcaster) {
      broadcaster = new Broadcaster(id, { ...this.#parts, log: new MemoryLog(logBounds(this.#parts.config)) });
      this.#broadcasters.set(id, broadcaster);
      this.#sweepLater();
    }
    for (const filter of filters) if (!broadcaster.filters.includes(filter)) broadcaster.filters.push(filter);
    return broadcaster;
  }

  /** All broadcasters there are. */
  all(): Broadcaster[] {
    return [...this.#broadcasters.values()];
  }

  /** Forgets a broadcaster that nobody is subscribed to, and its log. */
  remove(id: string): boolean {
    return this.#broadcasters.get(id)?.size === 0 && this.#broadcasters.delete(id);
  }

  /** Logs expire as they are appended to; those that are not any more, here. */
  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    const { timers, now, config } = this.#parts;
    timers.after(config.logSeconds * 1000, () => {
      this.#sweeping = false;
      for (const { log } of this.#broadcasters.values()) log.expire(now());
      if (this.#broadcasters.size > 0) this.#sweepLater();
    });
  }
}
