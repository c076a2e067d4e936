import { Failure, messageLimit, Request, type App, type Payload, type Resource } from '@ionosphere/core';
import { Parameter } from '@ionosphere/protocol';
import { show } from './mailbox';
import { MemoryConnection } from './memory-transport';
import { Receiver } from './receiver';
import { turn } from './test-clock';

/** An app, or what has one: the `Server` that `serve` gives. */
export type Target = App | { readonly app: App };

/** How a client in memory connects. */
export interface ConnectOptions {
  /** Asks for a length in front of every text (`X-Atmosphere-TrackMessageSize`), and reads it. Default false. */
  readonly framed?: boolean;
  /** Asks for the handshake (`X-atmo-protocol`), and so for heartbeats in its form. Default true. */
  readonly protocol?: boolean;
  /** Connects as long-polling does: each connection ends with its first write, and the client comes again. Default false. */
  readonly polling?: boolean;
  /** Whether pings of the service are answered by themselves, as WebSocket clients do. Default true. */
  readonly autoPong?: boolean;
  /** Request headers. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Query parameters, unencoded; a query in the path, encoded, does as well. Default: none. */
  readonly query?: Readonly<Record<string, string>>;
  /** Address that the service sees. Default `127.0.0.1`. */
  readonly remoteAddress?: string;
  /** How long `receive` waits, in milliseconds of the wall. Default 2000. */
  readonly receiveMillis?: number;
}

/**
 * Connects a client to a service in the same process, without a socket:
 * `const chat = await connect(app, '/chat/blue')`. Rejects with the `Failure` when the app refuses it.
 */
export async function connect(target: Target, path: string, options: ConnectOptions = {}): Promise<MemoryClient> {
  const client = new MemoryClient('app' in target ? target.app : target, path, options);
  await client.reconnect();
  return client;
}

/** A client in memory. It takes the same way through the framework as one at the other end of a wire. */
export class MemoryClient {
  readonly #app: App;
  readonly #path: string;
  readonly #options: ConnectOptions;
  readonly #receiver: Receiver;
  readonly #pings: string[] = [];
  #connection: MemoryConnection | undefined;
  #resource: Resource | undefined;
  #state: 'open' | 'lost' | 'ended' = 'lost';
  /** Whether the next connection begins with a handshake. Of polls only the first does, and the first after one that broke. */
  #greeted = false;
  #closed!: Promise<Failure | undefined>;
  #tellClosed!: (failure: Failure | undefined) => void;

  /** Use `connect`. */
  constructor(app: App, path: string, options: ConnectOptions) {
    this.#app = app;
    this.#path = path;
    this.#options = options;
    this.#receiver = new Receiver({ framed: options.framed ?? false, protocol: options.protocol ?? true });
    this.#awaitEnd();
  }

  /** The tracking id: of the handshake or, without the protocol, as the response header of HTTP tells it. */
  get uuid(): string {
    return this.#receiver.handshake?.uuid ?? this.#resource?.uuid ?? '';
  }

  /** All messages so far, whether they were received or not. Handshakes and heartbeats are none. */
  get messages(): readonly Payload[] {
    return this.#receiver.messages;
  }

  /** How many heartbeats the server sent. */
  get heartbeats(): number {
    return this.#receiver.heartbeats;
  }

  /** How often the server asks for a heartbeat, in milliseconds; 0 for none, undefined without a handshake. */
  get heartbeatMillis(): number | undefined {
    return this.#receiver.handshake?.heartbeatMillis;
  }

  /** What the pings of the service carried, of `autoPing` and of `webSocket.ping`; the pings of heartbeats are none. */
  get pings(): readonly string[] {
    return this.#pings;
  }

  /**
   * Resolves when the server ends the connection: with the failure that it told, such as `stopping`, or with undefined
   * for a normal end. Stays pending when the client leaves or vanishes. `reconnect` begins a new wait.
   */
  get closed(): Promise<Failure | undefined> {
    return this.#closed;
  }

  /**
   * Sends text or bytes as they are, all else as JSON. Resolves when the service has handled it and what it sent in the
   * meantime has arrived: with undefined, or with the failure. A failure is also among the messages, as JSON, as on
   * WebSocket; not with `polling`, where the answer to the POST is all there is.
   */
  async send(value: unknown): Promise<Failure | undefined> {
    const failure = await this.#deliver(encode(value));
    await turn();
    return failure;
  }

  /** Sends what a client sends to say that it lives. */
  async heartbeat(): Promise<void> {
    await this.send(this.#receiver.handshake?.padding ?? 'X');
  }

  /** Sends a pong, as the answer to a ping that carried the same, or unasked. Not with `polling`. */
  async pong(body: string | Uint8Array): Promise<void> {
    this.#connection?.pong(Buffer.from(body));
    await turn();
  }

  /** The next message that was not received yet. Rejects after `receiveMillis` with an error that says what arrived. */
  receive(): Promise<Payload> {
    return this.#receiver.next(this.#options.receiveMillis ?? 2000);
  }

  /** The next message, parsed as JSON; `T` is taken on trust. */
  async receiveJson<T = unknown>(): Promise<T> {
    const message = await this.receive();
    try {
      return JSON.parse(message as string) as T;
    } catch (cause) {
      throw new Error(`The next message is not JSON: ${show(message)}`, { cause });
    }
  }

  /** Says goodbye: the resource ends, `@Disconnect` has `isClosedByClient`. */
  async close(): Promise<void> {
    this.#state = 'ended';
    this.#greeted = false;
    this.#receiver.end(new Error('This client has left.'));
    if (this.#options.polling) this.#app.resources.find(this.uuid)?.goodbye();
    else this.#connection?.drop('left');
    await turn();
  }

  /** The connection breaks without a word. The resource is away until `reconnect`, or until its time is over. */
  async vanish(): Promise<void> {
    this.#state = 'lost';
    if (this.#connection?.open) this.#greeted = false;
    this.#connection?.drop('lost');
    await turn();
  }

  /**
   * Comes back under the same uuid. While still connected: opens a second connection, and resolves when the server has
   * ended the first.
   */
  async reconnect(): Promise<void> {
    const older = this.#connection;
    // Who opens a second connection has given up the first.
    if (older?.open) this.#greeted = false;
    const anew = this.#state === 'ended';
    if (anew) this.#awaitEnd();
    this.#state = 'open';
    if (!this.#options.polling || !this.#greeted) this.#receiver.arm();
    this.#greeted = true;
    await this.#open(anew ? '0' : undefined);
    await this.#receiver.ready();
    await older?.over;
    await turn();
  }

  async #open(id?: string): Promise<void> {
    const request = this.#request('GET', id);
    let resource: Resource;
    try {
      resource = await this.#app.connect(request);
    } catch (error) {
      this.#state = 'lost';
      this.#greeted = false;
      throw error;
    }
    // Left, or vanished, while an interceptor took its time.
    if (this.#state !== 'open') return;
    this.#resource = resource;
    const peer = {
      arrived: (piece: Payload) => this.#receiver.take(piece),
      pinged: (body: Buffer) => this.#pinged(connection, body),
      ended: (ending: MemoryConnection, failure: Failure | undefined) => this.#ended(ending, failure),
    };
    const connection: MemoryConnection = new MemoryConnection(request, resource, peer, this.#options.polling ?? false);
    this.#connection = connection;
    resource.attach(connection);
  }

  #pinged(connection: MemoryConnection, body: Buffer): void {
    this.#pings.push(body.toString());
    // Not before the service has noted when it was sent.
    if (this.#options.autoPong ?? true) queueMicrotask(() => connection.pong(body));
  }

  #ended(connection: MemoryConnection, failure: Failure | undefined): void {
    // An older connection that gave way, or one that this client has given up itself.
    if (connection !== this.#connection || this.#state !== 'open') return;
    if (!this.#options.polling || failure) return this.#end(failure);
    // A poll was answered. The next one must not begin before the framework has seen this one end.
    queueMicrotask(() => {
      if (connection !== this.#connection || this.#state !== 'open') return;
      this.#open().catch((error: unknown) => this.#end(Failure.from(error)));
    });
  }

  #end(failure: Failure | undefined): void {
    this.#state = 'ended';
    this.#greeted = false;
    this.#tellClosed(failure);
    const why = failure ? `: ${failure.code}, ${failure.message}` : '.';
    this.#receiver.end(new Error(`The server has ended the connection${why}`));
  }

  #awaitEnd(): void {
    this.#closed = new Promise((resolve) => (this.#tellClosed = resolve));
  }

  async #deliver(payload: Payload): Promise<Failure | undefined> {
    const { polling = false } = this.#options;
    if (this.#state !== 'open' || !this.#resource) throw new Error('This client is not connected; reconnect() first.');
    const resource = polling ? this.#postTo() : this.#resource;
    if (resource instanceof Failure) return resource;
    const limit = messageLimit(resource.endpoint.service.config, typeof payload === 'string' ? 'text' : 'binary');
    const tooLarge = new Failure('message-too-large', `The message is larger than ${limit} bytes.`);
    const fits = Buffer.byteLength(payload) <= limit;
    const passed = fits ? (polling ? payload : this.#connection?.inward(payload)) : resource.refuse(tooLarge);
    // A stage has dropped it.
    if (passed === undefined) return undefined;
    const failure = passed instanceof Failure ? passed : await resource.receive(passed);
    if (failure && !polling) resource.send(failure);
    return failure;
  }

  #postTo(): Resource | Failure {
    try {
      return this.#app.resourceOf(this.#request('POST'));
    } catch (error) {
      return Failure.from(error);
    }
  }

  #request(method: string, id = this.uuid || '0'): Request {
    const {
      framed = false,
      protocol = true,
      polling = false,
      headers = {},
      remoteAddress = '127.0.0.1',
    } = this.#options;
    const query = new Map<string, string>([
      [Parameter.trackingId, id],
      [Parameter.framework, '5.0.7'],
      [Parameter.transport, polling ? 'long-polling' : 'memory'],
      ...(framed ? [[Parameter.trackMessageSize, 'true'] as const] : []),
      ...(protocol ? [[Parameter.protocol, 'true'] as const] : []),
      ...Object.entries(this.#options.query ?? {}),
    ]);
    const [path = '', own] = this.#path.split('?');
    const pairs = [...query].map((pair) => pair.map(encodeURIComponent).join('='));
    const init = {
      method,
      path,
      query: (own ? [own, ...pairs] : pairs).join('&'),
      headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      remoteAddress,
    };
    return new Request(init, this.#app.config);
  }
}

/** What a client puts on the wire. Bytes are copied: the sender may use its memory again. */
function encode(value: unknown): Payload {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.copyBytesFrom(value);
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError(`a ${typeof value} can't be sent as JSON`);
  return json;
}
