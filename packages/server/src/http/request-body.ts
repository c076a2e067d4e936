import { isUtf8 } from 'node:buffer';
import type { Payload, Timer } from '@ionosphere/core';

/** Body of a message: bytes when its type says so or when it is no UTF-8, else text. */
export function payloadOf(body: Buffer, contentType: string | undefined): Payload {
  const binary = /^(?:application\/octet-stream|image\/|audio\/|video\/)/i.test(contentType ?? '');
  return binary || !isUtf8(body) ? body : body.toString();
}

/** The bytes of a request, while they come. What is beyond the limit is ignored. */
export class Body {
  #chunks: Buffer[] = [];
  #length = 0;
  #whole = false;
  #done: ((body: Buffer | undefined) => void) | undefined;

  constructor(
    private readonly limit: number,
    readonly late?: Timer,
  ) {}

  add(chunk: ArrayBuffer, isLast: boolean): void {
    if (this.#length > this.limit) return;
    this.#length += chunk.byteLength;
    if (chunk.byteLength > 0) this.#chunks.push(Buffer.copyBytesFrom(new Uint8Array(chunk)));
    this.#whole = isLast || this.#length > this.limit;
    if (this.#whole) this.late?.cancel();
    if (this.#whole && this.#done) this.#finish(this.#done);
  }

  whenWhole(done: (body: Buffer | undefined) => void): void {
    if (this.#whole) this.#finish(done);
    else this.#done = done;
  }

  #finish(done: (body: Buffer | undefined) => void): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    if (this.#length > this.limit) done(undefined);
    else done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  }
}
