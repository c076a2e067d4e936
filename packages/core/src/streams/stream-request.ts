import type { Request } from '../request/request';

/** The request that opens a stream: all of it but a body. */
export class StreamRequest {
  readonly #request: Request;
  #abort: AbortController | undefined;
  #ended = false;

  constructor(
    request: Request,
    /** Values of the path's variables. */
    readonly params: ReadonlyMap<string, string>,
  ) {
    this.#request = request;
  }

  /** Path, percent-decoded. */
  get path(): string {
    return this.#request.path;
  }

  /** Names in lower case. */
  get headers(): ReadonlyMap<string, string> {
    return this.#request.headers;
  }

  get cookies(): Readonly<Record<string, string | undefined>> {
    return this.#request.cookies;
  }

  get query(): ReadonlyMap<string, string> {
    return this.#request.query;
  }

  /** Address of the peer. */
  get remoteAddress(): string {
    return this.#request.remoteAddress;
  }

  /** Aborts when the client is gone for good: for what `out` waits for. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#ended) this.#abort.abort();
    return this.#abort.signal;
  }

  /** @internal */
  end(): void {
    this.#ended = true;
    this.#abort?.abort();
  }
}
