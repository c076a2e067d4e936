import type { Clock } from './clock';

/** A call that waits for its time. */
export interface Timer {
  cancel(): void;
}

/** How late a timer may be, in milliseconds. */
const TICK = 50;

/** The timers that are due at one tick. */
class Slot extends Set<Waiting> {
  constructor(public tick: number) {
    super();
  }
}

class Waiting implements Timer {
  constructor(
    readonly fn: () => void,
    private readonly slot: Slot,
    private readonly slots: Map<number, Slot>,
  ) {
    slot.add(this);
  }

  cancel(): void {
    const { slot, slots } = this;
    // A slot may be due in years, if a client says so.
    if (slot.delete(this) && slot.size === 0 && slots.get(slot.tick) === slot) slots.delete(slot.tick);
  }
}

/**
 * All timers of one app on one interval: to set and to cancel costs a set operation, however many connections wait.
 * The interval runs only while something waits.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #slots = new Map<number, Slot>();
  #stop: (() => void) | undefined;
  #done = 0;

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /**
   * Time of the last tick, in milliseconds since the epoch: 50 ms ago at most while something waits, older else. For what
   * happens with every message, where the clock itself would cost more than the rest.
   */
  get lately(): number {
    return this.#done * TICK;
  }

  /** Calls `fn` once, no earlier than after `millis`. */
  after(millis: number, fn: () => void): Timer {
    if (!this.#stop) {
      this.#done = Math.floor(this.#clock.now() / TICK);
      this.#stop = this.#clock.every(TICK, () => this.#run());
    }
    this.#tick();
    const due = Math.max(this.#done + 1, Math.ceil((this.#clock.now() + millis) / TICK));
    let slot = this.#slots.get(due);
    if (!slot) this.#slots.set(due, (slot = new Slot(due)));
    return new Waiting(fn, slot, this.#slots);
  }

  /** Forgets all that waits. */
  stop(): void {
    for (const slot of this.#slots.values()) slot.clear();
    this.#slots.clear();
    this.#stop?.();
    this.#stop = undefined;
  }

  #run(): void {
    const now = this.#tick();
    // A machine that slept, or a clock that was set, jumps over many ticks: then look at the slots that exist instead.
    const due =
      now - this.#done > this.#slots.size
        ? [...this.#slots.keys()].filter((tick) => tick <= now).sort(ascending)
        : range(this.#done + 1, now);
    this.#done = now;
    for (const tick of due) this.#fire(tick);
    if (this.#slots.size === 0) this.stop();
  }

  #fire(tick: number): void {
    const slot = this.#slots.get(tick);
    if (!slot) return;
    for (const waiting of slot) {
      waiting.cancel();
      try {
        waiting.fn();
      } catch (error) {
        this.#onError(error);
      }
    }
    if (this.#slots.get(tick) === slot) this.#slots.delete(tick);
  }

  /** The tick that it is now. When the clock was set back, what waits goes back with it and waits no longer than before. */
  #tick(): number {
    const now = Math.floor(this.#clock.now() / TICK);
    if (now >= this.#done) return now;
    const slots = [...this.#slots];
    this.#slots.clear();
    for (const [tick, slot] of slots) this.#slots.set((slot.tick = tick + now - this.#done), slot);
    return (this.#done = now);
  }
}

const ascending = (a: number, b: number): number => a - b;

function* range(from: number, to: number): Iterable<number> {
  for (let tick = from; tick <= to; tick++) yield tick;
}
