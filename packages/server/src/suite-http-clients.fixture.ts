import type { FailureMessage, Payload } from '@ionosphere/core';
import { Header } from '@ionosphere/protocol';
import { Refusal, type SuiteClient } from '@ionosphere/testing';
import { EventSource } from 'eventsource';
import { Agent, fetch, type RequestInit, type Response } from 'undici';
import { WireClient, type Address } from './suite-clients.fixture';

/** What the three have in common that send by POST. All their sockets are their own, so that they can be broken. */
abstract class HttpClient extends WireClient implements SuiteClient {
  #agent: Agent;
  /** Stands for the connection that counts; undefined when the client has given it up. */
  protected current: object | undefined;

  constructor(address: Address, transport: string) {
    super(address, transport);
    this.#agent = this.#newAgent();
  }

  abstract reconnect(): Promise<void>;

  async send(payload: Payload): Promise<FailureMessage | undefined> {
    const type = typeof payload === 'string' ? 'text/plain' : 'application/octet-stream';
    const response = await this.fetch(this.target(), {
      method: 'POST',
      body: payload,
      headers: { 'Content-Type': type },
    });
    const body = await response.text();
    return response.status === 200 ? undefined : (JSON.parse(body) as FailureMessage);
  }

  heartbeat(): Promise<unknown> {
    return this.send(this.receiver.handshake?.padding ?? '');
  }

  async vanish(): Promise<void> {
    this.current = undefined;
    this.over = undefined;
    const agent = this.#agent;
    this.#agent = this.#newAgent();
    await agent.destroy();
  }

  async close(): Promise<void> {
    this.current = undefined;
    // The server may be gone already; then there is nobody to take leave of.
    await this.fetch(this.target('close'))
      .then((response) => response.text())
      .catch(() => undefined);
    await this.#agent.destroy();
  }

  protected fetch(url: string, init: RequestInit = {}): Promise<Response> {
    return fetch(url, { ...init, dispatcher: this.#agent });
  }

  /** A connection that can go on; throws what `connect` is to reject with. */
  protected async open(url: string, init?: RequestInit): Promise<Response> {
    const response = await this.fetch(url, init);
    this.headerUuid = response.headers.get(Header.trackingId) ?? '';
    if (response.status === 200) return response;
    await response.text();
    throw new Refusal(response.status);
  }

  #newAgent(): Agent {
    return new Agent({ connect: { ca: this.address.ca }, headersTimeout: 0, bodyTimeout: 0 });
  }
}

/** A client of the `eventsource` package. It comes back when it is told to, not by itself. */
export class SseClient extends HttpClient {
  #source: EventSource | undefined;

  constructor(address: Address) {
    super(address, 'sse');
  }

  async reconnect(): Promise<void> {
    const source = new EventSource(this.target(), { fetch: (url, init) => this.#fetch(String(url), init) });
    const older = this.over;
    this.begin();
    this.#source = source;
    this.current = source;
    source.onmessage = ({ data }) => this.receiver.take(String(data));
    await new Promise<void>((opened, refused) => {
      source.onopen = () => opened();
      this.over = new Promise<void>((ended) => {
        source.onerror = ({ code }) => {
          source.close();
          refused(new Refusal(code ?? 0));
          ended();
          if (source === this.current) this.end('the event stream ended');
        };
      });
    });
    await this.receiver.ready();
    await older;
  }

  override async vanish(): Promise<void> {
    this.#source?.close();
    await super.vanish();
  }

  override async close(): Promise<void> {
    this.#source?.close();
    await super.close();
  }

  async #fetch(url: string, init: object) {
    const response = await this.fetch(url, init);
    this.headerUuid = response.headers.get(Header.trackingId) ?? '';
    return response;
  }
}

/** Reads a response body that does not end, with `fetch`. */
export class StreamingClient extends HttpClient {
  constructor(address: Address) {
    super(address, 'streaming');
  }

  async reconnect(): Promise<void> {
    const mine = {};
    const older = this.over;
    const response = await this.open(this.target());
    this.begin();
    this.current = mine;
    this.over = this.#read(response).then(
      () => mine === this.current && this.end('the response ended'),
      () => mine === this.current && this.end('the response broke'),
    );
    await this.receiver.ready();
    await older;
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const text = decoder.decode(chunk, { stream: true });
      if (text !== '') this.receiver.take(text);
    }
  }
}

/** Polls with `fetch`. */
export class PollingClient extends HttpClient {
  constructor(address: Address, transport = 'long-polling') {
    super(address, transport);
  }

  async reconnect(): Promise<void> {
    const mine = {};
    this.current = mine;
    // The first poll is answered with a handshake, and so is the first after one that broke or was given up.
    this.begin();
    const first = this.open(this.target());
    await first;
    const older = this.over;
    this.over = this.#poll(mine, first);
    await this.receiver.ready();
    await older;
  }

  /** What the body of an answer brings. */
  protected textOf(body: string): string {
    return body;
  }

  async #poll(mine: object, first: Promise<Response>): Promise<void> {
    try {
      for (let response = first; ; response = this.open(this.target())) {
        const text = this.textOf(await (await response).text());
        if (text !== '') this.receiver.take(text);
        if (mine !== this.current) return;
      }
    } catch (error) {
      if (mine !== this.current) return;
      this.end(`the poll failed: ${(error as Error).message}`);
    }
  }
}

/** Polls for scripts, and runs none: what they would call their function with is what they bring. */
export class JsonpClient extends PollingClient {
  constructor(address: Address) {
    super(address, 'jsonp');
  }

  protected override target(transport?: string): string {
    return `${super.target(transport)}&jsonpTransport=cb`;
  }

  protected override textOf(body: string): string {
    const [, text = body] = /^\s*cb\(\{"message" : (".*")\}\);$/.exec(body) ?? [];
    return JSON.parse(text) as string;
  }
}
