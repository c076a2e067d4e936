import type { HttpResponse } from 'uws-lts';

/** Readers of one endless answer each: at the end of the turn they get all of it in one shared buffer, in one cork each. */
export class RawReaders {
  readonly #contentType: string;
  readonly #readers = new Set<HttpResponse>();
  #waiting: string[] = [];

  constructor(contentType: string) {
    this.#contentType = contentType;
  }

  admit(res: HttpResponse, first: string): void {
    res.writeHeader('Content-Type', `${this.#contentType}; charset=utf-8`);
    res.writeHeader('Cache-Control', 'no-store');
    res.write(first);
    res.onAborted(() => void this.#readers.delete(res));
    this.#readers.add(res);
  }

  /** Inside a handler of the library another response can't be corked; after the turn it can. */
  send(text: string): void {
    if (this.#waiting.push(text) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const chunk = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    for (const reader of this.#readers) reader.cork(() => void reader.write(chunk));
  }
}
