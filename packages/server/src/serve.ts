import { App, type AppOptions, type Class, type GrpcOptions } from '@ionosphere/core';
import { ConsoleLogger } from './console-logger';
import { startGrpc } from './grpc';
import { Host } from './host';
import { HttpRoutes, type Routes } from './http-routes';
import { scan } from './scan';
import { checkOptions } from './serve-options';
import { Server } from './server';
import { StaticFiles } from './static-files';
import type { TlsOptions } from './tls';
import { loadNativeFor } from './uws';
import type { WebSocketOptions } from './websocket';

export { Server };

/** What `serve` starts. */
export interface ServeOptions extends Omit<AppOptions, 'services'> {
  /** Default 8080; 0 takes a free one. */
  readonly port?: number;
  /** Address to listen on. Default: all. */
  readonly host?: string;
  /**
   * Path that everything is below, such as `/app`: the service at `/chat` is then reached at `/app/chat`, and everything else
   * is not found, but for `/health`. Paths of services, broadcasters, files and routes are said without it. Default: none.
   */
  readonly basePath?: string;
  /** Classes with `@ManagedService`. */
  readonly services?: readonly Class<object>[];
  /** Folder whose modules export services, such as `dist/services`; relative to the working directory. */
  readonly scan?: string;
  /** Serves over TLS. Default: in the clear. */
  readonly tls?: TlsOptions;
  /** Serves gRPC too, on a port of its own; needs the package `@ionosphere/grpc`. Default: not served. */
  readonly grpc?: GrpcOptions;
  /** Files to serve: prefix of the URL -> folder, such as `{ '/': 'public' }`. Default: none. */
  readonly files?: Readonly<Record<string, string>>;
  /** Plain HTTP handlers: `{ 'GET /status': () => ({ ok: true }) }`. They go before services and files. Default: none. */
  readonly routes?: Routes;
  readonly webSocket?: Partial<WebSocketOptions>;
  /** Signals on which the server stops, so that the process can end. Default: SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[];
  /** How long stopping may take, in seconds: the `deadlineSeconds` of `stop`. Default 10. */
  readonly stopSeconds?: number;
  /** How long, before it stops, `/health` says that it will while all else goes on, in seconds. Default 0. */
  readonly noticeSeconds?: number;
  /** When clients are told to come back, in seconds; each is told a time between this and twice as much. Default 1. */
  readonly retryAfterSeconds?: number;
}

/**
 * Starts a server: `await serve({ port: 8080, services: [Chat] })`. It listens when `onInit` of each service is over. Rejects
 * when a service is declared wrongly, when one of these throws, when the native library does not load, or when the port is
 * taken.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  checkOptions(options);
  const services = [...(options.services ?? []), ...(options.scan === undefined ? [] : await scan(options.scan))];
  const app = new App({ ...options, logger: options.logger ?? new ConsoleLogger(), services: [...new Set(services)] });
  try {
    await app.start();
    const server = await listen(app, options);
    stopOn(options.signals ?? ['SIGTERM', 'SIGINT'], server);
    return server;
  } catch (error) {
    // Without a server nobody else would end its timers, and the services that have begun.
    await app.stop({ deadlineSeconds: options.stopSeconds ?? 10 });
    throw error;
  }
}

async function listen(app: App, options: ServeOptions): Promise<Server> {
  const { port = 8080, host: address, tls, stopSeconds: deadlineSeconds = 10 } = options;
  const { noticeSeconds = 0, retryAfterSeconds = 1, basePath = '' } = options;
  const host = new Host(loadNativeFor(app.config.maxHeaderBytes), app, {
    tls,
    files: options.files && new StaticFiles(options.files),
    routes: options.routes && new HttpRoutes(options.routes, app),
    basePath,
    webSocket: { maxBackpressureBytes: 1024 * 1024, ...options.webSocket },
  });
  const bound = await host.listen(address, port);
  const name = address?.includes(':') ? `[${address}]` : (address ?? '127.0.0.1');
  const url = `${tls ? 'https' : 'http'}://${name}:${bound}${basePath}`;
  const server = new Server(app, host, bound, url, { deadlineSeconds, noticeSeconds, retryAfterSeconds });
  try {
    server.grpc = options.grpc && (await startGrpc(app, { ...(tls && { tls }), ...options.grpc }));
    host.webCalls = server.grpc?.web;
    return server;
  } catch (error) {
    host.close();
    throw error;
  }
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
