import type { Payload } from '@ionosphere/core';
import { Parameter } from '@ionosphere/protocol';
import { Receiver, Refusal, type SuiteClient } from '@ionosphere/testing';
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
export abstract class WireClient {
  protected readonly receiver: Receiver;
  protected headerUuid = '';
  /** Resolves when the connection has ended, whoever ended it. */
  protected over: Promise<unknown> | undefined;
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
    const older = this.over;
    this.over = new Promise((resolve) => socket.once('close', resolve));
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
    await older;
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
    socket?.terminate();
    await this.over;
  }

  async close(): Promise<void> {
    this.#socket?.close();
    await this.over;
  }
}
