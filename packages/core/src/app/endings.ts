import type { Logger } from '../logger';
import type { MaybePromise } from '../time/settle';

/** What may want to know that the app has stopped. */
export interface Ending {
  /** Called once, when the app has stopped: no client is there any more, and no service. The stop waits for it. */
  destroy?(): MaybePromise<void>;
}

/** Interceptors and filters that want to know, each once. */
export class Endings {
  readonly #all = new Set<Ending>();

  constructor(private readonly logger: Logger) {}

  add(endings: Iterable<Ending>): void {
    for (const ending of endings) if (ending.destroy) this.#all.add(ending);
  }

  /** Ends all, the last that was added first, each when the one before has ended, or when nobody waits any more. */
  async run(deadline: Promise<void>): Promise<void> {
    for (const ending of [...this.#all].reverse()) await Promise.race([this.#end(ending), deadline]);
  }

  async #end(ending: Ending): Promise<void> {
    try {
      await ending.destroy?.();
    } catch (cause) {
      this.logger.error(`${ending.constructor.name}.destroy failed`, { cause });
    }
  }
}
