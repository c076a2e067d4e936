import type { HttpExchange } from '../request/http';
import { Request, type RequestInit } from '../request/request';

/** What a test says of a request; the path is `/room` unless it says otherwise. */
export interface Asked extends Partial<Omit<RequestInit, 'headers'>> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request without a socket. */
export function asked({ headers = {}, ...init }: Asked = {}): Request {
  return new Request({ method: 'GET', path: '/room', ...init, headers: new Map(Object.entries(headers)) });
}

/** A request over HTTP without a socket; the headers that its answer gets, the test reads. */
export class FakeExchange implements HttpExchange {
  readonly headers = new Map<string, string>();
  readonly request: Request;

  constructor(init: Asked = {}) {
    this.request = asked(init);
  }

  setHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }
}
