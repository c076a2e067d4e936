import type { MaybePromise } from '../time/settle';

/** How many messages may wait in a stream, in either direction, before the other side has to wait. */
export const WINDOW = 16;

/** The messages of one client, on their way to its consumer. */
export class Inlet {
  readonly stream: ReadableStream<unknown>;
  #controller!: ReadableStreamDefaultController<unknown>;
  #over = false;
  #tellRoom: (() => void) | undefined;

  constructor() {
    this.stream = new ReadableStream(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#hasRoom(),
        cancel: () => this.ignore(),
      },
      { highWaterMark: WINDOW },
    );
  }

  /** Gives a message to the consumer; a promise when there is no room for another one until it resolves. */
  push(message: unknown): MaybePromise<void> {
    if (this.#over) return;
    this.#controller.enqueue(message);
    if ((this.#controller.desiredSize ?? 1) > 0) return;
    return new Promise((resolve) => (this.#tellRoom = resolve));
  }

  /** Nothing comes any more; what waits is still read. */
  end(): void {
    if (this.#over) return;
    this.ignore();
    this.#controller.close();
  }

  /** Nobody reads any more. */
  ignore(): void {
    this.#over = true;
    this.#hasRoom();
  }

  #hasRoom(): void {
    this.#tellRoom?.();
    this.#tellRoom = undefined;
  }
}
