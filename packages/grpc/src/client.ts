import { credentials, makeClientConstructor, Metadata, status, type ChannelCredentials } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServiceError, StatusObject } from '@grpc/grpc-js';
import type { Payload } from '@ionosphere/core';
import { ClientTopic, type TopicListener } from './client-topic';
import { clientDefinition, loadDefinition } from './definition';
import { MessageType, type GrpcMessage } from './message';
import { failureOf } from './status';

/** How a client connects. */
export interface GrpcClientOptions {
  /** Default: in the clear. */
  readonly credentials?: ChannelCredentials;
  /** Metadata of every call, such as a token. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How long to wait before the first try to come back, in milliseconds; each further try waits twice as long, up to 30 times. Default 500. */
  readonly reconnectMillis?: number;
}

type Call = ClientDuplexStream<Partial<GrpcMessage>, GrpcMessage>;

/** The methods that the library makes from atmosphere.proto. */
interface Stub {
  Stream(metadata: Metadata): Call;
  Send(
    message: Partial<GrpcMessage>,
    metadata: Metadata,
    answer: (error: ServiceError | null, ack: GrpcMessage) => void,
  ): void;
  close(): void;
}

/** How an end of the stream may pass by itself: the server is gone, stops, or found the client too slow. */
const passing = new Set([status.UNAVAILABLE, status.RESOURCE_EXHAUSTED, status.CANCELLED, status.INTERNAL]);

const LONGEST_WAIT = 30;

/** A client in Node.js: one stream, any number of topics. It comes back by itself, and misses nothing. */
export class GrpcClient {
  readonly #stub: Stub;
  readonly #metadata = new Metadata();
  readonly #topics = new Map<string, ClientTopic>();
  readonly #reconnectMillis: number;
  #call: Call | undefined;
  #retry: NodeJS.Timeout | undefined;
  #tries = 0;
  #trackingId = '';
  #closed = false;

  /** @param address such as `localhost:9090` */
  constructor(address: string, options: GrpcClientOptions = {}) {
    const Client = makeClientConstructor(clientDefinition(loadDefinition()), 'AtmosphereService');
    this.#stub = new Client(address, options.credentials ?? credentials.createInsecure()) as unknown as Stub;
    this.#reconnectMillis = options.reconnectMillis ?? 500;
    for (const [name, value] of Object.entries(options.metadata ?? {})) this.#metadata.set(name, value);
  }

  /** The id that the server gave; empty while there is none. A secret. */
  get trackingId(): string {
    return this.#trackingId;
  }

  /**
   * Subscribes to a topic: the path of a service. Resolves when the server has agreed; rejects with its `Failure`, or with
   * what keeps the client from reaching it.
   */
  subscribe(topic: string, listener: TopicListener): Promise<ClientTopic> {
    if (this.#closed) return Promise.reject(new Error('The client is closed.'));
    if (this.#topics.has(topic)) return Promise.reject(new Error(`The client has subscribed to ${topic} already.`));
    const made = new ClientTopic(topic, listener, {
      send: (payload) => this.send(topic, payload),
      leave: () => this.#leave(topic),
    });
    this.#topics.set(topic, made);
    if (this.#call) this.#join(made);
    else if (!this.#retry) this.#open();
    return made.agreed;
  }

  /**
   * Sends a message: text and bytes as they are, all else as JSON. Resolves when the service has handled it, with what it
   * sent to a sender alone who has not subscribed anywhere; rejects with the `Failure`.
   */
  send(topic: string, value: unknown): Promise<Payload> {
    const payload = payloadOf(value);
    const trackingId = this.#topics.get(topic)?.joined ? this.#trackingId : '';
    return new Promise((resolve, reject) => {
      this.#stub.Send({ type: MessageType.MESSAGE, topic, payload, trackingId }, this.#metadata, (error, ack) => {
        if (error) reject(failureOf(error) ?? error);
        else resolve(ack.payload);
      });
    });
  }

  /** Says goodbye: every topic ends, `@Disconnect` has `isClosedByClient`. Resolves when the server knows. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const call = this.#call;
    if (call) {
      const ended = new Promise((resolve) => call.once('status', resolve));
      call.end();
      await ended;
    }
    this.#stub.close();
  }

  #open(): void {
    const call = this.#stub.Stream(this.#metadata);
    this.#call = call;
    call.on('data', (message: GrpcMessage) => this.#take(message));
    // What it is comes with the status.
    call.on('error', () => undefined);
    call.on('status', (end: StatusObject) => this.#ended(end));
    for (const topic of this.#topics.values()) this.#join(topic);
  }

  #join(topic: ClientTopic): void {
    const { name, position: headers } = topic;
    this.#call?.write({ type: MessageType.SUBSCRIBE, topic: name, headers, trackingId: this.#trackingId });
  }

  #leave(name: string): void {
    this.#topics.delete(name);
    this.#call?.write({ type: MessageType.UNSUBSCRIBE, topic: name });
  }

  #take(message: GrpcMessage): void {
    const topic = this.#topics.get(message.topic);
    if (message.type === MessageType.ACK && topic) {
      this.#trackingId = message.trackingId;
      this.#tries = 0;
    }
    const isOver = topic?.take(message);
    if (isOver) this.#topics.delete(message.topic);
  }

  #ended(end: StatusObject): void {
    this.#call = undefined;
    const known = failureOf(end);
    const passes = known ? known.row.retry : passing.has(end.code);
    const waiting = [...this.#topics.values()].some((topic) => topic.joined);
    if (!this.#closed && passes && waiting) return this.#later();
    const failure = known ?? (end.code === status.OK ? undefined : new Error(`${end.code}: ${end.details}`));
    for (const topic of this.#topics.values()) topic.end(failure);
    this.#topics.clear();
  }

  #later(): void {
    const wait = Math.min(2 ** this.#tries++, LONGEST_WAIT) * this.#reconnectMillis;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#open();
    }, wait);
  }
}

function payloadOf(value: unknown): Payload {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError(`a ${typeof value} can't be sent as JSON`);
  return json;
}
