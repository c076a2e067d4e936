import { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { largestMessage, type App, type GrpcListener, type GrpcOptions, type WebCalls } from '@ionosphere/core';
import { HealthImplementation } from 'grpc-health-check';
import { methodsOf } from './calls';
import { loadDefinition, SERVICE_NAME, serverDefinition } from './definition';
import { checkGrpcOptions, credentialsOf } from './options';
import { webCallsOf } from './web';
import { wholeInTime } from './whole-in-time';
import { transportsOf } from './wire';

/** What a message has besides its payload: room for topic, headers and tracking id, in bytes. */
const ENVELOPE_BYTES = 16 * 1024;

/** How much more than a message may have is let through to the framework, to be refused there in words. */
const GRACE = 2;

/** How long a connection may have no call, in milliseconds. */
const IDLE_MILLIS = 300_000;

/** How long clients have to close their connections when their streams have ended, in milliseconds. */
const CLOSE_MILLIS = 1000;

/** A gRPC server in front of an app. */
export class GrpcServer implements GrpcListener {
  readonly #server: Server;
  readonly #health = new HealthImplementation({ '': 'SERVING', [SERVICE_NAME]: 'SERVING' });
  #ended: Promise<void> | undefined;

  private constructor(
    server: Server,
    /** Port it listens on. */
    readonly port: number,
    /** For a server of HTTP: the calls of browsers. */
    readonly web: WebCalls,
  ) {
    this.#server = server;
    this.#health.addToServer(server);
  }

  /** Begins to listen. Rejects when the options are wrong, a certificate can't be used, or the port is taken. */
  static async start(app: App, options: GrpcOptions = {}): Promise<GrpcServer> {
    checkGrpcOptions(options);
    const { port = 9090, host = '[::]', maxTopicsPerStream = 100, keepaliveSeconds = 60 } = options;
    const credentials = credentialsOf(options.tls, app.config.connectSeconds);
    const largest = Math.max(app.config.maxMessageBytes, ...app.services.map(({ config }) => largestMessage(config)));
    const server = new Server({
      'grpc.max_receive_message_length': largest * GRACE + ENVELOPE_BYTES,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': options.maxStreamsPerConnection ?? 1000,
      'grpc.keepalive_time_ms': keepaliveSeconds * 1000,
      // Shared by default, a port would let a second server by mistake take half of the connections.
      'grpc.so_reuseport': 0,
      // A connection without a call is nobody's, and no limit counts it; clients connect again when they need it.
      'grpc.max_connection_idle_ms': IDLE_MILLIS,
      interceptors: [wholeInTime(app)],
    });
    const definition = loadDefinition();
    const { connectSeconds: idleSeconds } = app.config;
    const parts = { app, transports: transportsOf(app.broadcasters.epoch), maxTopics: maxTopicsPerStream, idleSeconds };
    server.addService(serverDefinition(definition), methodsOf(parts));
    if (options.reflection ?? true) new ReflectionService(definition).addToServer(server);
    const address = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(address, credentials, (error, found) => {
        if (!error) return resolve(found);
        reject(new Error(`grpc: can't listen on ${address}: ${error.message}`, { cause: error }));
      });
    });
    return new GrpcServer(server, bound, webCallsOf(parts, largest * GRACE + ENVELOPE_BYTES));
  }

  /** No new calls; those that are there go on. The health service says that the end is near. */
  drain(): void {
    if (this.#ended) return;
    for (const name of ['', SERVICE_NAME]) this.#health.setStatus(name, 'NOT_SERVING');
    // It waits for ever for a client that does not close (grpc/grpc-node#1458); `close` does not.
    this.#ended = new Promise((resolve) => this.#server.tryShutdown(() => resolve()));
  }

  /** Ends every connection, once its client has had time to read how its streams ended. */
  async close(): Promise<void> {
    this.drain();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_MILLIS)));
    await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    this.#server.forceShutdown();
  }
}
