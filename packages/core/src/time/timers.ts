import type { Clock } from './clock';

/** A call that waits for its time. */
export interface Timer {
  cancel(): void;
}

/** How late a timer may be, in milliseconds. */
const TICK = 50;

/** How long a clock that was set may go unnoticed, in ticks. */
const LONGEST_SLEEP = 5000 / TICK;

/** How much later than asked a look may come, as a part of the time until then. */
const LATENESS = 10;

/**
 * Something that is called at its time. What waits all the time, as heartbeats do, is an alarm itself: its place in the queue is
 * two fields, and it is set again without anything new.
 */
export abstract class Alarm {
  /** Neighbours among those that are due at the same tick; itself while it does not wait. */
  next: Alarm = this;
  previous: Alarm = this;

  abstract ring(): void;
}

/** The alarms of one tick, in a ring that begins and ends with the slot. */
class Slot extends Alarm {
  constructor(public tick: number) {
    super();
  }

  ring(): void {
    throw new Error('a slot is no alarm');
  }

  add(alarm: Alarm): void {
    alarm.next = this;
    alarm.previous = this.previous;
    this.previous.next = alarm;
    this.previous = alarm;
  }
}

class Once extends Alarm implements Timer {
  constructor(
    private readonly timers: Timers,
    private readonly fn: () => void,
  ) {
    super();
  }

  ring(): void {
    this.fn();
  }

  cancel(): void {
    this.timers.cancel(this);
  }
}

/**
 * All timers of one app behind one of the clock's, which is set for the next that is due: to set and to cancel costs a few
 * fields, however many wait, and while nothing is due nothing runs.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  /** Ticks are counted from the start of the app, because small numbers need no memory of their own. */
  readonly #origin: number;
  readonly #slots = new Map<number, Slot>();
  /** The latest tick that was seen; all that was due by then was called, or is being called. */
  #seen = 0;
  #running = false;
  #wakeUp: { tick: number; readonly stop: () => void } | undefined;

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
    this.#origin = clock.now();
  }

  /** The tick at a time: a small number, for three years, which V8 keeps in the object that has it; others it keeps elsewhere. */
  tickOf(time: number): number {
    return ((time - this.#origin) / TICK) | 0;
  }

  /** When a tick begins. */
  timeOf(tick: number): number {
    return this.#origin + tick * TICK;
  }

  /** Calls `fn` once, no earlier than after `millis`. */
  after(millis: number, fn: () => void): Timer {
    const timer = new Once(this, fn);
    const now = this.#look();
    this.#add(timer, Math.max(now + 1, Math.ceil((this.#clock.now() - this.#origin + millis) / TICK)));
    return timer;
  }

  /**
   * Calls an alarm once, after `millis` and a tenth of it at most, so that many alarms are called at one wake-up. One that sets
   * itself again when it is called keeps its rhythm.
   */
  set(alarm: Alarm, millis: number): void {
    if (alarm.next !== alarm) this.cancel(alarm);
    const ticks = Math.max(1, Math.ceil(millis / TICK));
    const grain = Math.max(1, Math.floor(ticks / LATENESS));
    this.#add(alarm, Math.ceil((this.#look() + ticks) / grain) * grain);
  }

  /** Lets an alarm, if it waits, not be called. */
  cancel(alarm: Alarm): void {
    const { next, previous } = alarm;
    previous.next = next;
    next.previous = previous;
    alarm.next = alarm.previous = alarm;
    // A slot may be due in years, if a client says so.
    if (next === previous && next instanceof Slot && this.#slots.get(next.tick) === next) this.#slots.delete(next.tick);
  }

  /** Forgets all that waits. */
  stop(): void {
    for (const slot of this.#slots.values()) while (slot.next !== slot) this.cancel(slot.next);
    this.#sleep(undefined);
  }

  #add(alarm: Alarm, tick: number): void {
    let slot = this.#slots.get(tick);
    if (!slot) this.#slots.set(tick, (slot = new Slot(tick)));
    slot.add(alarm);
    if (!this.#running && tick < (this.#wakeUp?.tick ?? Infinity)) this.#sleep(tick);
  }

  /** Wakes up at a tick, or before; undefined: never. */
  #sleep(tick: number | undefined): void {
    this.#wakeUp?.stop();
    this.#wakeUp = undefined;
    if (tick === undefined) return;
    const soon = Math.min(tick, this.#seen + LONGEST_SLEEP);
    const millis = this.#origin + soon * TICK - this.#clock.now();
    this.#wakeUp = { tick: soon, stop: this.#clock.after(Math.max(millis, 1), () => this.#wake()) };
  }

  #wake(): void {
    // So much time has passed for certain, whatever the clock says; it and the timers of the machine may differ by a bit.
    if (this.#wakeUp) this.#seen = this.#wakeUp.tick - 1;
    this.#wakeUp = undefined;
    const now = (this.#seen = this.#look());
    this.#running = true;
    const due = [...this.#slots.keys()].filter((each) => each <= now).sort(ascending);
    for (const each of due) this.#fire(this.#slots.get(each));
    this.#running = false;
    let next: number | undefined;
    for (const each of this.#slots.keys()) if (next === undefined || each < next) next = each;
    this.#sleep(next);
  }

  #fire(slot: Slot | undefined): void {
    while (slot && slot.next !== slot) {
      const alarm = slot.next;
      this.cancel(alarm);
      try {
        alarm.ring();
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  /** The tick that it is now. When the clock was set back, what waits goes back with it and waits about as long as before. */
  #look(): number {
    // While alarms ring it is the tick of the wake-up: thousands set themselves again then.
    if (this.#running) return this.#seen;
    const now = Math.floor((this.#clock.now() - this.#origin) / TICK);
    const back = now - this.#seen;
    if (back >= 0) return (this.#seen = now);
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const slot of slots) this.#slots.set((slot.tick += back), slot);
    if (this.#wakeUp) this.#wakeUp.tick += back;
    return (this.#seen = now);
  }
}

const ascending = (a: number, b: number): number => a - b;
