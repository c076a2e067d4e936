import type { Environment } from './environment';

/** A platform whose clock stands still until it is told to go on. */
export class FakeEnvironment implements Environment {
  time = 1_000_000;
  readonly reported: unknown[] = [];
  readonly stored = new Map<string, string>();
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  #count = 0;

  readonly now = (): number => this.time;
  random = (): number => 0.5;
  readonly setTimeout = (run: () => void, millis: number): number => {
    this.#timers.set(++this.#count, { at: this.time + millis, run });
    return this.#count;
  };
  readonly clearTimeout = (timer: unknown): void => void this.#timers.delete(timer as number);
  readonly storage = {
    getItem: (key: string): string | null => this.stored.get(key) ?? null,
    setItem: (key: string, value: string): void => void this.stored.set(key, value),
  };
  readonly base = 'https://example.org/page';
  readonly isOnline = (): boolean => true;
  readonly isHidden = (): boolean => false;
  readonly watch = (): (() => void) => () => undefined;
  readonly report = (error: unknown): void => void this.reported.push(error);

  /** How many timers wait. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass, and timers run in their order. */
  pass(millis: number): void {
    const end = this.time + millis;
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (!next) break;
      const [id, { at, run }] = next;
      this.#timers.delete(id);
      this.time = at;
      run();
    }
    this.time = end;
  }

  /** The clock goes on, and no timer runs: the machine sleeps. */
  sleep(millis: number): void {
    this.time += millis;
  }
}
