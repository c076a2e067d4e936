import { setTimeout } from 'node:timers/promises';
import type {
  App,
  AtmosphereClient,
  AtmosphereOptions,
  Class,
  GrpcListener,
  MessageKind,
  MessageOf,
  OpenStreams,
  StopOptions,
  StreamOptions,
} from '@ionosphere/core';
import type { Host } from './host';
import { checkSeconds } from './serve-options';

/** How a server stops. */
export interface ServerStopOptions extends StopOptions {
  /**
   * How long `/health` answers 503 while all else goes on, in seconds, so that a load balancer sends nobody any more. It is
   * not a part of the deadline. Default 0.
   */
  readonly noticeSeconds?: number;
}

/** A server that runs, in one thread or in several. */
export interface RunningServer {
  /** Port it listens on. */
  readonly port: number;
  /** Where clients on this machine find it, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** See `Server.stop`. */
  stop(options?: ServerStopOptions): Promise<void>;
  /** Called when the server begins to stop. @internal */
  onStop: () => void;
}

/** How long clients may take to answer the end of their WebSocket, in seconds; a part of the deadline if that is shorter. */
const GOODBYE_SECONDS = 1;

/** A server that runs. */
export class Server implements RunningServer {
  readonly #host: Host;
  readonly #options: ServerStopOptions;
  #stopped: Promise<void> | undefined;
  /** The server of gRPC, where there is one. @internal */
  grpc: GrpcListener | undefined;
  /** Called when the server begins to stop. @internal */
  onStop: () => void = () => undefined;

  constructor(
    /** The services behind it. */
    readonly app: App,
    host: Host,
    /** Port it listens on. */
    readonly port: number,
    /** Where clients on this machine find it, such as `http://127.0.0.1:8080`. */
    readonly url: string,
    /** What `stop` does unless it is told otherwise. */
    options: ServerStopOptions,
  ) {
    this.#host = host;
    this.#options = options;
  }

  /** Port for gRPC; undefined where it is not served. */
  get grpcPort(): number | undefined {
    return this.grpc?.port;
  }

  /** Adds a service while the server runs, on all transports. Throws a `DeclarationError` as `serve` does. */
  add(service: Class<object>): void {
    this.app.add(service);
  }

  /** Adds a route of client objects while the server runs: `server.atmosphere('/the-chat', () => new ChatClient())`. */
  atmosphere(path: string, make: () => AtmosphereClient, options?: AtmosphereOptions): void {
    this.app.atmosphere(path, make, options);
  }

  /** Adds a service of streams while the server runs: `server.stream('/ticker', (request) => ({ in, out }))`. */
  stream<const K extends MessageKind = 'text'>(
    path: string,
    open: OpenStreams<MessageOf<K>>,
    options?: StreamOptions<K>,
  ): void {
    this.app.stream(path, open, options);
  }

  /**
   * Stops in order: `/health` says so; no new connections; handlers finish and what was sent leaves; clients are told, and
   * when to come back; `@Disconnect`, then `onDestroy`; connections end. Called twice, it stops once. Throws, and goes on
   * serving, when an option is no number from 0.
   *
   * @param options default: what `serve` was given.
   */
  stop(options: ServerStopOptions = {}): Promise<void> {
    const { noticeSeconds = 0, deadlineSeconds = 10, retryAfterSeconds = 1 } = { ...this.#options, ...options };
    const chosen = { noticeSeconds, deadlineSeconds, retryAfterSeconds };
    checkSeconds('stop', chosen);
    return (this.#stopped ??= this.#stop(chosen));
  }

  async #stop({ noticeSeconds, deadlineSeconds, retryAfterSeconds }: Required<ServerStopOptions>): Promise<void> {
    this.onStop();
    this.#host.announceStop();
    if (noticeSeconds > 0) await setTimeout(noticeSeconds * 1000);
    this.#host.drain();
    this.grpc?.drain();
    const deadline = setTimeout(deadlineSeconds * 1000, undefined, { ref: false });
    await Promise.all([
      this.app.stop({ deadlineSeconds, retryAfterSeconds }),
      Promise.race([this.#host.settled(), deadline]),
    ]);
    // What was just written to the clients leaves before their connections end.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([bidFarewell(this.#host, deadlineSeconds), this.grpc?.close()]);
    this.#host.close();
  }
}

/** Waits until clients have answered the end of their WebSockets, or have had the time to. */
export async function bidFarewell(host: Host, deadlineSeconds: number): Promise<void> {
  const goodbye = setTimeout(Math.min(GOODBYE_SECONDS, deadlineSeconds) * 1000, undefined, { ref: false });
  await Promise.race([host.emptied(), goodbye]);
}
