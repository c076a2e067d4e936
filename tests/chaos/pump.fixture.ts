import type { Socket } from 'node:net';

/** How a connection is slowed down. */
export interface Slowness {
  /** How long a chunk is held up, in milliseconds; asked for each. */
  readonly delayMillis: () => number;
  /** How much gets through in a second, in bytes. */
  readonly bytesPerSecond: number;
}

/** How often a throttled connection gets its share, in milliseconds. */
const SHARE_MILLIS = 50;

/** How much may wait in a pump, in bytes, before it stops reading: the sender shall feel that the way is slow. */
const WAITING_BYTES = 64 * 1024;

/** One direction of a connection. Keeps the order of bytes, whatever it does to their time. */
export class Pump {
  /** Called with each chunk as it comes; false swallows it. */
  tap: (chunk: Buffer) => boolean = () => true;
  #slowness: Slowness | undefined;
  #open = true;
  readonly #waiting: { readonly chunk: Buffer; readonly due: number }[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
  ) {
    from.on('data', (chunk) => this.#take(chunk));
    from.on('end', () => {
      this.#ended = true;
      if (this.#waiting.length === 0) this.#end();
    });
    to.on('drain', () => from.resume());
  }

  slow(slowness: Slowness | undefined): void {
    this.#slowness = slowness;
    if (!slowness) this.#pass(Infinity);
  }

  /** From now on nothing gets through, and nobody is told. */
  stop(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
    this.from.resume();
  }

  /** Passes bytes on that did not come from `from`. */
  inject(chunk: Buffer): void {
    if (this.#open && this.to.writable) this.to.write(chunk);
  }

  #take(chunk: Buffer): void {
    if (!this.#open || !this.tap(chunk)) return;
    if (!this.#slowness && this.#waiting.length === 0) return this.#write(chunk);
    const due = Math.max(Date.now() + (this.#slowness?.delayMillis() ?? 0), this.#waiting.at(-1)?.due ?? 0);
    this.#waiting.push({ chunk, due });
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes > WAITING_BYTES) this.from.pause();
    this.#timer ??= setTimeout(() => this.#share(), SHARE_MILLIS);
  }

  #share(): void {
    this.#timer = undefined;
    const bytes = ((this.#slowness?.bytesPerSecond ?? Infinity) * SHARE_MILLIS) / 1000;
    this.#pass(Math.max(1, Math.floor(bytes)));
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#share(), SHARE_MILLIS);
  }

  #pass(bytes: number): void {
    const now = this.#slowness ? Date.now() : Infinity;
    for (let first = this.#waiting[0]; first && first.due <= now && bytes > 0; first = this.#waiting[0]) {
      const part = first.chunk.subarray(0, bytes);
      const rest = first.chunk.subarray(part.length);
      if (rest.length > 0) this.#waiting[0] = { chunk: rest, due: first.due };
      else this.#waiting.shift();
      bytes -= part.length;
      this.#waitingBytes -= part.length;
      this.#write(part);
    }
    if (this.#waitingBytes <= WAITING_BYTES) this.from.resume();
    if (this.#ended && this.#waiting.length === 0) this.#end();
  }

  #write(chunk: Buffer): void {
    if (this.to.writable && !this.to.write(chunk)) this.from.pause();
  }

  #end(): void {
    if (this.#open && this.to.writable) this.to.end();
  }
}
