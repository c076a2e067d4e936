import { setTimeout } from 'node:timers/promises';
import { App, type AppOptions, type Class } from '@ionosphere/core';
import { ConsoleLogger } from './console-logger';
import { Host } from './host';
import { HttpRoutes, type Routes } from './http-routes';
import { scan } from './scan';
import { checkOptions } from './serve-options';
import { StaticFiles } from './static-files';
import type { TlsOptions } from './tls';
import { loadNativeFor } from './uws';
import type { WebSocketOptions } from './websocket';

/** What `serve` starts. */
export interface ServeOptions extends Omit<AppOptions, 'services'> {
  /** Default 8080; 0 takes a free one. */
  readonly port?: number;
  /** Address to listen on. Default: all. */
  readonly host?: string;
  /** Classes with `@ManagedService`. */
  readonly services?: readonly Class<object>[];
  /** Folder whose modules export services, such as `dist/services`; relative to the working directory. */
  readonly scan?: string;
  /** Serves over TLS. Default: in the clear. */
  readonly tls?: TlsOptions;
  /** Files to serve: prefix of the URL -> folder, such as `{ '/': 'public' }`. Default: none. */
  readonly files?: Readonly<Record<string, string>>;
  /** Plain HTTP handlers: `{ 'GET /status': () => ({ ok: true }) }`. They go before services and files. Default: none. */
  readonly routes?: Routes;
  readonly webSocket?: Partial<WebSocketOptions>;
  /** Signals on which the server stops, so that the process can end. Default: SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[];
  /** How long stopping on a signal may take, in seconds. Default 10. */
  readonly stopSeconds?: number;
}

/** A server that runs. */
export class Server {
  readonly #host: Host;
  readonly #stopSeconds: number;
  #stopped: Promise<void> | undefined;
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
    stopSeconds: number,
  ) {
    this.#host = host;
    this.#stopSeconds = stopSeconds;
  }

  /**
   * No new connections, handlers finish, clients are told, connections end. Called twice, it stops once.
   *
   * @param options.deadlineSeconds how long handlers may take in all. Default: `stopSeconds` of `serve`.
   */
  stop(options: { readonly deadlineSeconds?: number } = {}): Promise<void> {
    this.#stopped ??= this.#stop(options.deadlineSeconds ?? this.#stopSeconds);
    return this.#stopped;
  }

  async #stop(deadlineSeconds: number): Promise<void> {
    this.onStop();
    this.#host.drain();
    const deadline = setTimeout(deadlineSeconds * 1000, undefined, { ref: false });
    await Promise.all([this.app.stop(deadlineSeconds), Promise.race([this.#host.settled(), deadline])]);
    // What was just written to the clients leaves before their connections end.
    await new Promise((resolve) => setImmediate(resolve));
    this.#host.close();
  }
}

/**
 * Starts a server: `await serve({ port: 8080, services: [Chat] })`. Rejects when a service is declared wrongly, when the
 * native library does not load, or when the port is taken.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  checkOptions(options);
  const services = [...(options.services ?? []), ...(options.scan === undefined ? [] : await scan(options.scan))];
  const app = new App({ ...options, logger: options.logger ?? new ConsoleLogger(), services: [...new Set(services)] });
  try {
    const server = await listen(app, options);
    stopOn(options.signals ?? ['SIGTERM', 'SIGINT'], server);
    return server;
  } catch (error) {
    // Without a server nobody else would end its timers.
    await app.stop(0);
    throw error;
  }
}

async function listen(app: App, options: ServeOptions): Promise<Server> {
  const { port = 8080, host: address, tls, stopSeconds = 10 } = options;
  const host = new Host(loadNativeFor(app.config.maxHeaderBytes), app, {
    tls,
    files: options.files && new StaticFiles(options.files),
    routes: options.routes && new HttpRoutes(options.routes, app),
    webSocket: { maxBackpressureBytes: 1024 * 1024, ...options.webSocket },
  });
  const bound = await host.listen(address, port);
  const name = address?.includes(':') ? `[${address}]` : (address ?? '127.0.0.1');
  return new Server(app, host, bound, `${tls ? 'https' : 'http'}://${name}:${bound}`, stopSeconds);
}

/** A second signal finds no listener and ends the process as it would any other. */
function stopOn(signals: readonly NodeJS.Signals[], server: Server): void {
  const stop = (signal: NodeJS.Signals): void => {
    server.app.logger.info('Stopping', { signal });
    server.stop().catch((cause: unknown) => server.app.logger.error('Stopping failed', { cause }));
  };
  server.onStop = () => signals.forEach((signal) => process.off(signal, stop));
  for (const signal of signals) process.on(signal, stop);
}
