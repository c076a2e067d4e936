import { once } from 'node:events';
import { Metadata, type ClientReadableStream, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import type { AnyClient, BidiCall, WireMessage } from './suite-client.fixture';

export type Sent = Partial<Omit<WireMessage, 'headers'> & { headers: Record<string, string> }>;

/** A stream of a real client: what it has got, and how it ended. */
export class Peer {
  readonly #arrived: WireMessage[] = [];
  readonly ended: Promise<StatusObject>;
  #error: ServiceError | undefined;

  constructor(readonly call: BidiCall | ClientReadableStream<WireMessage>) {
    call.on('data', (message: WireMessage) => {
      this.#arrived.push(message);
      call.emit('arrived');
    });
    call.on('error', (error: ServiceError) => (this.#error = error));
    this.ended = new Promise((resolve) => call.on('status', resolve));
  }

  static stream(client: AnyClient, metadata: Record<string, string> = {}): Peer {
    return new Peer(client.Stream(metadataOf(metadata)) as BidiCall);
  }

  static subscribe(client: AnyClient, message: Sent, metadata: Record<string, string> = {}): Peer {
    return new Peer(client.Subscribe(message, metadataOf(metadata)) as ClientReadableStream<WireMessage>);
  }

  send(message: Sent): void {
    (this.call as BidiCall).write(message);
  }

  /** The next message; rejects when the stream has ended without one. */
  async next(): Promise<WireMessage> {
    while (this.#arrived.length === 0) {
      if (this.#error) throw this.#error;
      await once(this.call, 'arrived');
    }
    return this.#arrived.shift() as WireMessage;
  }

  /** Subscribes, and gives the ACK. */
  async join(topic: string, rest: Sent = {}): Promise<WireMessage> {
    this.send({ type: 'SUBSCRIBE', topic, ...rest });
    const ack = await this.next();
    if (ack.type !== 'ACK') throw new Error(`no ACK but ${JSON.stringify(ack)}`);
    return ack;
  }
}

/** Calls `Send`; rejects with the status. */
export function send(client: AnyClient, message: Sent, metadata: Record<string, string> = {}): Promise<WireMessage> {
  return new Promise((resolve, reject) => {
    client.Send(message, metadataOf(metadata), (error: ServiceError | null, answer: WireMessage) =>
      error ? reject(error) : resolve(answer),
    );
  });
}

export function metadataOf(pairs: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(pairs)) metadata.set(name, value);
  return metadata;
}
