import type { Environment } from './environment';

/** Something that will happen once, unless it is cancelled. */
export interface Timer {
  cancel(): void;
}

/** The timers of one client. What one throws is reported; after `end` there are none. */
export class Timers {
  readonly #environment: Environment;
  readonly #running = new Set<unknown>();
  #ended = false;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  after(millis: number, run: () => void): Timer {
    if (this.#ended) return { cancel: () => undefined };
    const timer = this.#environment.setTimeout(() => {
      this.#running.delete(timer);
      try {
        run();
      } catch (error) {
        this.#environment.report(error);
      }
    }, millis);
    this.#running.add(timer);
    return { cancel: () => this.#cancel(timer) };
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#running) this.#cancel(timer);
  }

  #cancel(timer: unknown): void {
    this.#running.delete(timer);
    this.#environment.clearTimeout(timer);
  }
}
