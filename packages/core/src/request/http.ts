import type { Request } from './request';

/** A request to a service over HTTP, while it has no answer. */
export interface HttpExchange {
  readonly request: Request;
  /** Sets a header of the answer, unless that is a WebSocket. A second value for a name replaces the first. */
  setHeader(name: string, value: string): void;
}

/** An answer in full. */
export interface HttpAnswer {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes as they are, all else as JSON. Default: empty. */
  readonly body?: unknown;
}
