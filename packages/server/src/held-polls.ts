/** How long a poll is held before its answer begins, in milliseconds: at least so long, at most twice. */
const SILENCE = 50;

/** A poll that waits for something to say. A neighbour of others that wait; of itself while it does not. */
export abstract class Held {
  next: Held = this;
  previous: Held = this;

  /** Says what keeps its client, and all between, from taking it for dead. */
  abstract begin(): void;

  /** It has been answered, or its client has gone. */
  release(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this.previous = this;
  }
}

/** Begin and end of a ring of polls. */
class Ring extends Held {
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
 * Lets the answers of held polls begin when they were held for a moment. One that is answered before is spared two writes
 * and a body in chunks. One timer for all, which runs while there are such.
 */
export class HeldPolls {
  #young = new Ring();
  #old = new Ring();
  #running = false;

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
      poll.release();
      poll.begin();
    }
  }
}
