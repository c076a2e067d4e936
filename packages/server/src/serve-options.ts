import type { AppOptions, Class, GrpcOptions } from '@ionosphere/core';
import { checkBasePath } from './http/base-path';
import type { Routes } from './http/http-routes';
import { MOST_THREADS } from './threads/home';
import type { TlsOptions } from './tls';
import type { WebSocketOptions } from './transports/websocket';

/** What `serve` starts. */
export interface ServeOptions extends Omit<AppOptions, 'services' | 'siblings'> {
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

/** What `serve` starts in several threads. */
export interface ThreadedOptions extends ServeOptions {
  /** How many threads run the services: docs/threads.md. Default 1: the one that calls. */
  readonly threads: number;
  /** The module that each thread runs, and that calls `serve`: a path, or a URL of a file. Default: what Node was started with. */
  readonly module?: string | URL;
}

/** A record, so that the compiler notices an option that is missing here. */
const known: Readonly<Record<keyof ThreadedOptions, true>> = {
  port: true,
  host: true,
  basePath: true,
  services: true,
  scan: true,
  tls: true,
  grpc: true,
  files: true,
  routes: true,
  webSocket: true,
  signals: true,
  stopSeconds: true,
  noticeSeconds: true,
  retryAfterSeconds: true,
  interceptors: true,
  disableInterceptors: true,
  allowedOrigins: true,
  broadcastFilters: true,
  broadcasterListeners: true,
  cacheInspectors: true,
  listeners: true,
  atmosphereConfig: true,
  config: true,
  limits: true,
  container: true,
  store: true,
  logger: true,
  clock: true,
  onError: true,
  threads: true,
  module: true,
};

/** Says what is wrong with the options, for those who have no types: else the library underneath ends the process, or takes no notice. */
export function checkOptions(options: ServeOptions & Partial<ThreadedOptions>): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new RangeError(`serve: there is no option "${name}"; known are ${Object.keys(known).join(', ')}`);
  }
  const { port = 0, stopSeconds = 0, noticeSeconds = 0, retryAfterSeconds = 0, webSocket = {} } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`serve: port is ${port}; it must be 0 to 65535`);
  }
  checkBasePath(options.basePath ?? '');
  checkSeconds('serve', { stopSeconds, noticeSeconds, retryAfterSeconds });
  checkThreads(options);
  const { maxBackpressureBytes = 1 } = webSocket;
  if (!Number.isInteger(maxBackpressureBytes) || maxBackpressureBytes < 1) {
    throw new RangeError(
      `serve: webSocket.maxBackpressureBytes is ${maxBackpressureBytes}; it must be a whole number from 1`,
    );
  }
}

function checkThreads({ threads = 1, store, grpc }: Partial<ThreadedOptions>): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    throw new RangeError(`serve: threads is ${threads}; it must be a whole number from 1 to ${MOST_THREADS}`);
  if (threads > 1 && store)
    throw new RangeError('serve: a store is for one thread at a time; leave out `store`, or `threads`');
  if (threads > 1 && grpc)
    throw new RangeError('serve: gRPC is served by one thread only; leave out `grpc`, or `threads`');
}

/** Throws unless all of them are numbers from 0. */
export function checkSeconds(of: string, all: Readonly<Record<string, number>>): void {
  for (const [name, seconds] of Object.entries(all))
    if (!(seconds >= 0)) throw new RangeError(`${of}: ${name} is ${seconds}; it must be a number from 0`);
}
