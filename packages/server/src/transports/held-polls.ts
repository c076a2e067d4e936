/** How long a poll is young, in milliseconds: at least so long, at most twice. */
const SILENCE = 50;

/** A poll that may wait for something to say. A neighbour of others that wait; of itself while it does not. */
export interface Held {
  next: Held;
  previous: Held;
  /** Begins its answer, unless that has begun. */
  begin(): void;
}

/** Whether it was not held for long yet. */
export function isYoung(poll: Held): boolean {
  return poll.next !== poll;
}

/** It has been answered, or its client has gone. */
export function release(poll: Held): void {
  poll.previous.next = poll.next;
  poll.next.previous = poll.previous;
  poll.next = poll.previous = poll;
}

/** Begin and end of a ring of polls. */
class Ring implements Held {
  next: Held = this;
  previous: Held = this;

  begin(): void {
    throw new Error('a ring is no poll');
  }

  add(poll: Held): void {
    poll.next = this;
    poll.previous = this.previous;
    this.previous.next = poll;
    this.previous = poll;
  }
}

/**
 * Lets the answers of held polls begin when they were held for a moment. One timer for all, which runs while there are such.
 */
export class HeldPolls {
  #young = new Ring();
  #old = new Ring();
  #running = false;
  /** Whose last poll was answered at once, or while it was young. */
  readonly #quick = new WeakSet<object>();

  /** Whether the last poll of a resource was answered so soon that its next one will be, too, most likely. */
  isQuick(resource: object): boolean {
    return this.#quick.has(resource);
  }

  /** What became of a poll: whether it was answered at once, or while it was young. */
  note(resource: object, isQuick: boolean): void {
    if (isQuick) this.#quick.add(resource);
    else this.#quick.delete(resource);
  }

  add(poll: Held): void {
    this.#young.add(poll);
    if (!this.#running) this.#run();
  }

  #run(): void {
    this.#running = true;
    // Not the app's clock: it is no matter of the application.
    setTimeout(() => this.#look(), SILENCE).unref();
  }

  #look(): void {
    const due = this.#old;
    this.#old = this.#young;
    this.#young = due;
    this.#running = false;
    if (this.#old.next !== this.#old) this.#run();
    while (due.next !== due) {
      const poll = due.next;
      release(poll);
      poll.begin();
    }
  }
}
