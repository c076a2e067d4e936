import { constants } from 'node:os';
import {
  appOptions,
  checkEach,
  DeclarationError,
  checkedElsewhere,
  isObject,
  must,
  mustBeObject,
  mustBeText,
  mustHave,
  refuseOption,
  seconds,
  whole,
  type AppOptions,
  type Checks,
  type Class,
  type GrpcOptions,
} from '@ionosphere/core';
import { basePath } from './http/base-path';
import { readRoutes, type Routes } from './http/http-routes';
import { checkMounts } from './http/static-files';
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

/** What each option must be, for those who have no types: else the library underneath ends the process, or takes no notice. */
const checks: Checks<ThreadedOptions> = {
  ...appOptions,
  port: must({ wanted: '0 to 65535', accepts: (value) => isPort(value) }),
  host: mustBeText("an address or a name, such as '127.0.0.1'"),
  basePath: must(basePath),
  scan: mustBeText("the path of a folder, such as 'dist/services'"),
  // Whether they are files, and fit, is for the one who reads them to say.
  tls: mustHave(
    { key: checkedElsewhere, cert: checkedElsewhere, passphrase: checkedElsewhere },
    "{ key: 'key.pem', cert: 'cert.pem' }",
  ),
  // Its package knows what it may have.
  grpc: mustBeObject('{ port: 50051 }'),
  files: checkMounts,
  routes: (where, given) => void readRoutes(where, given),
  webSocket: mustHave(
    { maxBackpressureBytes: must(whole(1)) } satisfies Checks<WebSocketOptions>,
    '{ maxBackpressureBytes: 1048576 }',
  ),
  signals: must({
    wanted: "a list of signals that a process can catch, such as ['SIGTERM', 'SIGINT']",
    accepts: (value) => Array.isArray(value) && value.every((signal) => isSignal(signal)),
  }),
  stopSeconds: must(seconds('from 0')),
  noticeSeconds: must(seconds('from 0')),
  retryAfterSeconds: must(seconds('from 0')),
  threads: must({ wanted: `a whole number from 1 to ${MOST_THREADS}`, accepts: (value) => isThreads(value) }),
  module: must({
    wanted: 'the path of a file, or its URL, such as import.meta.url',
    accepts: (value) => value instanceof URL || (typeof value === 'string' && value !== ''),
  }),
};

/** Throws a `DeclarationError` that names an option which there is not, or which can't be used. */
export function checkOptions(options: unknown): asserts options is ServeOptions & Partial<ThreadedOptions> {
  if (!isObject(options)) refuseOption('serve: what it was given', options, 'an object, such as { services: [Chat] }');
  checkEach('serve', options, checks);
  checkThreads(options);
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
}

function isThreads(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_THREADS;
}

/** SIGKILL and SIGSTOP are for the system alone. */
function isSignal(value: unknown): boolean {
  return (
    typeof value === 'string' && Object.hasOwn(constants.signals, value) && value !== 'SIGKILL' && value !== 'SIGSTOP'
  );
}

function checkThreads({ threads = 1, store, grpc }: Partial<ThreadedOptions>): void {
  if (threads > 1 && store)
    throw new DeclarationError('serve: a store is for one thread at a time; leave out `store`, or `threads`');
  if (threads > 1 && grpc)
    throw new DeclarationError('serve: gRPC is served by one thread only; leave out `grpc`, or `threads`');
}

/** Throws unless all of them are numbers from 0. */
export function checkSeconds(of: string, all: Readonly<Record<string, number>>): void {
  for (const [name, seconds] of Object.entries(all))
    if (!(seconds >= 0)) throw new RangeError(`${of}: ${name} is ${seconds}; it must be a number from 0`);
}
