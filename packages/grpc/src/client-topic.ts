import { Failure, type FailureMessage, type Payload } from '@ionosphere/core';
import { MessageType, type GrpcMessage } from './message';

/** What a subscriber wants to know of a topic. */
export interface TopicListener {
  /** A message came. */
  onMessage(payload: Payload): void;
  /** Messages are missing: the server no longer had them when the client came back, or the client was too slow. */
  onGap?(): void;
  /** Nothing more will come: the service ended it, with a failure or without, or the server can't be reached any more. */
  onEnd?(failure: Error | undefined): void;
}

/** What a topic can ask of its client. */
interface TopicParts {
  readonly send: (value: unknown) => Promise<Payload>;
  readonly leave: () => void;
}

/** One topic of a `GrpcClient`. */
export class ClientTopic {
  readonly #listener: TopicListener;
  readonly #parts: TopicParts;
  readonly #position = new Map<string, string>();
  #joined = false;
  #agree!: (topic: ClientTopic) => void;
  #refuse!: (failure: Error) => void;
  /** @internal */
  readonly agreed: Promise<ClientTopic>;

  /** @internal Topics are made by `client.subscribe`. */
  constructor(
    readonly name: string,
    listener: TopicListener,
    parts: TopicParts,
  ) {
    this.#listener = listener;
    this.#parts = parts;
    this.agreed = new Promise((resolve, reject) => {
      this.#agree = resolve;
      this.#refuse = reject;
    });
  }

  /** Whether the server has agreed. */
  get joined(): boolean {
    return this.#joined;
  }

  /** What the server is told when the client comes back. @internal */
  get position(): ReadonlyMap<string, string> {
    return this.#position;
  }

  /** Sends a message: text and bytes as they are, all else as JSON. Resolves when the service has handled it; rejects with the `Failure`. */
  async send(value: unknown): Promise<void> {
    await this.#parts.send(value);
  }

  /** Unsubscribes. */
  leave(): void {
    this.#parts.leave();
  }

  /** Takes what came for this topic; tells whether it was the last. @internal */
  take({ type, headers, payload }: GrpcMessage): boolean {
    this.#keep(headers);
    if (type === MessageType.ACK && !this.#joined) {
      this.#joined = true;
      this.#agree(this);
    }
    if (type === MessageType.MESSAGE) this.#listener.onMessage(payload);
    if (type === MessageType.HEARTBEAT && headers.get('gap') === 'true') this.#listener.onGap?.();
    // The stream brings no failures of single messages: those are answered where they were sent.
    if (type === MessageType.ERROR) this.end(failureFrom(payload));
    if (type === MessageType.UNSUBSCRIBE) this.end(undefined);
    return type === MessageType.ERROR || type === MessageType.UNSUBSCRIBE;
  }

  /** @internal */
  end(failure: Error | undefined): void {
    if (this.#joined) this.#listener.onEnd?.(failure);
    else this.#refuse(failure ?? new Error('The stream has ended.'));
  }

  #keep(headers: ReadonlyMap<string, string>): void {
    for (const name of ['epoch', 'offset']) {
      const value = headers.get(name);
      if (value !== undefined) this.#position.set(name, value);
    }
  }
}

function failureFrom(payload: Payload): Failure {
  const { code, message, details } = (JSON.parse(String(payload)) as FailureMessage).error;
  return new Failure(code, message, { details });
}
