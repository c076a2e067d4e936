import { ClientError } from './errors';

/** How many messages may wait for a reader. */
const MAX_WAITING = 10_000;

type Waiter<T> = {
  readonly resolve: (result: IteratorResult<T>) => void;
  readonly reject: (error: ClientError) => void;
};

/** Messages from the moment on at which one begins to read: `for await (const message of client)`. */
export class Messages<T> implements AsyncIterableIterator<T> {
  readonly #waiting: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  readonly #left: (messages: Messages<T>) => void;
  #end: ClientError | 'normal' | undefined;

  /** @param left is told when nobody reads any more */
  constructor(left: (messages: Messages<T>) => void) {
    this.#left = left;
  }

  push(message: T): void {
    const waiter = this.#waiters.shift();
    if (waiter) return waiter.resolve({ value: message, done: false });
    if (this.#waiting.push(message) <= MAX_WAITING) return;
    this.#left(this);
    this.end(
      new ClientError('overrun', `More than ${MAX_WAITING} messages wait for "for await". Read faster, or use on().`),
    );
  }

  /** Nothing more comes; what waits can still be read. */
  end(error?: ClientError): void {
    this.#end ??= error ?? 'normal';
    for (const waiter of this.#waiters.splice(0)) this.#finish(waiter);
  }

  next(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      const [message] = this.#waiting;
      if (this.#waiting.length > 0) {
        this.#waiting.shift();
        resolve({ value: message as T, done: false });
      } else if (this.#end) {
        this.#finish({ resolve, reject });
      } else {
        this.#waiters.push({ resolve, reject });
      }
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#left(this);
    this.#waiting.length = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish({ resolve, reject }: Waiter<T>): void {
    if (this.#end instanceof ClientError) reject(this.#end);
    else resolve({ value: undefined, done: true });
  }
}
