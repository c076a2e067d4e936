import type { HttpRequest, HttpResponse } from 'uws-lts';

/** The load generator sends the value of this header with the next poll. */
const CURSOR = 'X-Atmosphere-tracking-id';

/**
 * Long-polling, done well: held polls are answered at the end of the turn, one cork each. What is published while a client
 * is between two polls is not lost: the client says up to where it has read.
 */
export class RawPolls {
  readonly #held = new Map<HttpResponse, number>();
  readonly #log: string[] = [];
  #flushing = false;

  admit(res: HttpResponse, req: HttpRequest): void {
    const cursor = Number(req.getQuery(CURSOR) ?? this.#log.length);
    if (cursor < this.#log.length) return this.#answer(res, this.#log.slice(cursor).join(''));
    res.onAborted(() => void this.#held.delete(res));
    this.#held.set(res, cursor);
  }

  send(text: string): void {
    this.#log.push(text);
    if (!this.#flushing) setImmediate(() => this.#flush());
    this.#flushing = true;
  }

  /** Polls that have read equally far get the same body, made once. */
  #flush(): void {
    this.#flushing = false;
    const bodies = new Map<number, string>();
    for (const [res, cursor] of this.#held) {
      let body = bodies.get(cursor);
      if (body === undefined) bodies.set(cursor, (body = this.#log.slice(cursor).join('')));
      this.#answer(res, body);
    }
    this.#held.clear();
  }

  #answer(res: HttpResponse, body: string): void {
    res.cork(() => {
      res.writeHeader('Content-Type', 'text/plain; charset=utf-8');
      res.writeHeader('Cache-Control', 'no-store');
      res.writeHeader(CURSOR, String(this.#log.length));
      res.end(body);
    });
  }
}
