import { once } from 'node:events';
import type { FailureMessage, Payload } from '@ionosphere/core';
import { Header, Parameter } from '@ionosphere/protocol';
import { Receiver, Refusal, type SuiteClient } from '@ionosphere/testing';
import { EventSource } from 'eventsource';
import { Agent, fetch, type RequestInit, type Response } from 'undici';
import { WebSocket } from 'ws';

/** Where a client connects, and how it asks to be spoken to. */
export interface Address {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly path: string;
  readonly framed: boolean;
  readonly protocol: boolean;
  /** Certificate to trust, in PEM. */
  readonly ca: string | undefined;
}

/** What the clients have in common: the query, and what they make of what arrives. */
abstract class WireClient {
  protected readonly receiver: Receiver;
  protected headerUuid = '';
  closed!: Promise<void>;
  #tellClosed!: () => void;

  constructor(
    protected readonly address: Address,
    private readonly transport: string,
  ) {
    this.receiver = new Receiver(address);
    this.#awaitEnd();
  }

  get uuid(): string {
    return this.receiver.handshake?.uuid ?? this.headerUuid;
  }

  get heartbeatMillis(): number | undefined {
    return this.receiver.handshake?.heartbeatMillis;
  }

  get messages(): readonly Payload[] {
    return this.receiver.messages;
  }

  get heartbeats(): number {
    return this.receiver.heartbeats;
  }

  receive(): Promise<Payload> {
    return this.receiver.next(5000);
  }

  /** Same parameters, names and order as atmosphere.js sends. */
  protected target(transport = this.transport): string {
    const { url, path, framed, protocol } = this.address;
    const query = new URLSearchParams({
      [Parameter.trackingId]: this.uuid || '0',
      [Parameter.framework]: '5.0.7',
      [Parameter.transport]: transport,
      ...(framed && { [Parameter.trackMessageSize]: 'true' }),
      ...(protocol && { [Parameter.protocol]: 'true' }),
    });
    return `${url}${path}?${query.toString()}`;
  }

  /** A connection begins. */
  protected begin(): void {
    this.#awaitEnd();
    this.receiver.arm();
  }

  /** The server has ended the connection. */
  protected end(why: string): void {
    this.receiver.end(new Error(why));
    this.#tellClosed();
  }

  #awaitEnd(): void {
    this.closed = new Promise((resolve) => (this.#tellClosed = resolve));
  }
}

/** A client of the `ws` package. */
export class WebSocketClient extends WireClient implements SuiteClient {
  #socket: WebSocket | undefined;

  constructor(address: Address) {
    super(address, 'websocket');
  }

  async reconnect(): Promise<void> {
    const { ca } = this.address;
    const socket = new WebSocket(this.target().replace(/^http/, 'ws'), { ca, perMessageDeflate: false });
    this.begin();
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => this.receiver.take(isBinary ? data : data.toString()));
    socket.on('close', (code) => {
      if (socket === this.#socket) this.end(`WebSocket closed with ${code}`);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.once('unexpected-response', (_request, response) => {
        reject(new Refusal(response.statusCode ?? 0));
        socket.terminate();
      });
    });
    await this.receiver.ready();
  }

  send(payload: Payload): Promise<undefined> {
    this.#socket?.send(payload);
    return Promise.resolve(undefined);
  }

  async heartbeat(): Promise<void> {
    await this.send(this.receiver.handshake?.padding ?? '');
  }

  async vanish(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket || socket.readyState === socket.CLOSED) return;
    socket.terminate();
    await once(socket, 'close');
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (!socket || socket.readyState === socket.CLOSED) return;
    socket.close();
    await once(socket, 'close');
  }
}

/** What the three have in common that send by POST. All their sockets are their own, so that they can be broken. */
abstract class HttpClient extends WireClient implements SuiteClient {
  #agent: Agent;
  /** The connection that counts; one that the client has given up is not told apart from one that broke. */
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
    this.begin();
    this.#source = source;
    this.current = source;
    source.onmessage = ({ data }) => this.receiver.take(String(data));
    await new Promise<void>((resolve, reject) => {
      source.onopen = () => resolve();
      source.onerror = ({ code }) => {
        source.close();
        reject(new Refusal(code ?? 0));
        if (source === this.current) this.end('the event stream ended');
      };
    });
    await this.receiver.ready();
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
    const response = await this.open(this.target());
    this.begin();
    this.current = mine;
    this.#read(response).then(
      () => mine === this.current && this.end('the response ended'),
      () => mine === this.current && this.end('the response broke'),
    );
    await this.receiver.ready();
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
  /** Whether the next answer is no handshake. Of polls only the first is answered with one, and the first after a break. */
  #greeted = false;

  constructor(address: Address) {
    super(address, 'long-polling');
  }

  async reconnect(): Promise<void> {
    const mine = {};
    this.current = mine;
    if (!this.#greeted) this.begin();
    const first = this.open(this.target());
    // Without the protocol the headers of a poll that is held tell that it is there.
    if (!this.address.protocol || !this.#greeted) await first;
    this.#greeted = true;
    void this.#poll(mine, first);
    await this.receiver.ready();
  }

  override vanish(): Promise<void> {
    this.#greeted = false;
    return super.vanish();
  }

  async #poll(mine: object, first: Promise<Response>): Promise<void> {
    try {
      for (let response = first; ; response = this.open(this.target())) {
        const text = await (await response).text();
        if (text !== '') this.receiver.take(text);
        if (mine !== this.current) return;
      }
    } catch (error) {
      if (mine !== this.current) return;
      this.#greeted = false;
      this.end(`the poll failed: ${(error as Error).message}`);
    }
  }
}
