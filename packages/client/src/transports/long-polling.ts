import { LengthPrefixReader } from '@ionosphere/protocol';
import { idOf, lossOf, readBody, refusalOf, request } from '../http';
import type { Link, LinkEnd, LinkParts } from '../link';
import type { Timer } from '../timers';

/** A poll that was answered sooner, and with nothing, is not followed by another at once. */
const QUICK_MILLIS = 100;
const PAUSE_MILLIS = 300;
/** How long the headers of a held poll may take: a proxy that buffers keeps them until the poll is answered. */
const HEADERS_MILLIS = 1000;

/** One request after the other, each answered when there is something. */
export function openLongPolling(parts: LinkParts): Link {
  const polling = new Polling(parts);
  polling.run().catch(parts.environment.report);
  return { close: () => polling.close() };
}

class Polling {
  readonly #parts: LinkParts;
  readonly #abort = new AbortController();
  /** How many messages the poll has brought. */
  #count = 0;
  /** Whether a poll has been answered. */
  #proven = false;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { signal } = this.#abort;
    // A held poll shows nothing where a proxy buffers; one that is answered at once shows that the way is clear.
    let next: 'polling' | undefined = this.#parts.isKnown ? 'polling' : undefined;
    let end: LinkEnd | undefined;
    while (!end && !signal.aborted) {
      end = await this.#poll(next).catch(lossOf);
      next = undefined;
    }
    if (end && !signal.aborted) this.#parts.listener.ended(end);
  }

  close(): void {
    this.#abort.abort();
  }

  async #poll(transport: 'polling' | undefined): Promise<LinkEnd | undefined> {
    const { environment, timers, listener, clear, url } = this.#parts;
    const { signal } = this.#abort;
    await clear();
    if (signal.aborted) return undefined;
    const begun = environment.now();
    const assumed: Timer = timers.after(HEADERS_MILLIS, () => this.#proven && listener.opened(undefined));
    try {
      const response = await request(this.#parts, url(transport), { signal });
      if (!response.ok) return await refusalOf(response, environment.now());
      if (!signal.aborted && !transport) listener.opened(idOf(response));
      this.#count = 0;
      await readBody(response, new LengthPrefixReader(), { listener: this.#counting });
      this.#proven = true;
      // Not before what it says is read: it may be that the server has forgotten.
      if (!signal.aborted && transport) listener.opened(idOf(response));
    } finally {
      assumed.cancel();
    }
    if (this.#count === 0 && !transport && environment.now() - begun < QUICK_MILLIS)
      await new Promise<void>((resolve) => timers.after(PAUSE_MILLIS, resolve));
    return undefined;
  }

  get #counting(): LinkParts['listener'] {
    const { listener } = this.#parts;
    return {
      ...listener,
      received: (message) => {
        this.#count++;
        listener.received(message);
      },
    };
  }
}
