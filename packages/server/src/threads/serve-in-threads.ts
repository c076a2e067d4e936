import { setTimeout } from 'node:timers/promises';
import { configOfApp, type Logger } from '@ionosphere/core';
import { ConsoleLogger } from '../console-logger';
import { listen, nativeApp, urlOf } from '../native-app';
import { checkSeconds, type ThreadedOptions } from '../serve-options';
import type { RunningServer, Server, ServerStopOptions } from '../server';
import { loadNativeFor, type Native, type SharedApp, type us_listen_socket } from '../uws';
import { Crew } from './crew';
import { entryOf } from './entry';
import { enlist, enlistment } from './member';

/** Starts the services in several threads, or runs them in this one if it is one of these: then it never resolves. */
export async function serveInThreads(options: ThreadedOptions): Promise<{ server: RunningServer; logger: Logger }> {
  const given = enlistment();
  if (given) {
    await enlist(options, given);
    return new Promise(() => undefined);
  }
  const logger = options.logger ?? new ConsoleLogger();
  return { server: await ThreadedServer.start(options, logger), logger };
}

/** A server whose services run in several threads. This one hands connections to them, and runs no services. */
class ThreadedServer implements RunningServer {
  #stopped: Promise<void> | undefined;
  onStop: () => void = () => undefined;

  private constructor(
    private readonly crew: Crew,
    private readonly door: Door,
    private readonly options: Required<ServerStopOptions>,
    readonly url: string,
  ) {}

  static async start(options: ThreadedOptions, logger: Logger): Promise<ThreadedServer> {
    const { tls, threads, host, port = 8080 } = options;
    const { stopSeconds: deadlineSeconds = 10, noticeSeconds = 0, retryAfterSeconds = 1 } = options;
    const module = entryOf(options.module);
    const native = loadNativeFor(configOfApp({ ...options, services: [] }).maxHeaderBytes);
    const acceptor = nativeApp(native, tls);
    refuseAll(acceptor);
    const crew = new Crew({ module, threads, acceptor, logger });
    const door = new Door(native, acceptor);
    try {
      await crew.start();
    } catch (error) {
      door.close();
      throw error;
    }
    const stopping = { deadlineSeconds, noticeSeconds, retryAfterSeconds };
    try {
      await door.open(host, port);
    } catch (error) {
      crew.announceStop();
      await crew.stop(stopping);
      door.close();
      throw error;
    }
    return new ThreadedServer(crew, door, stopping, urlOf(tls, host, door.port) + (options.basePath ?? ''));
  }

  get port(): number {
    return this.door.port;
  }

  stop(options: ServerStopOptions = {}): Promise<void> {
    const chosen = { ...this.options, ...options };
    checkSeconds('stop', chosen);
    return (this.#stopped ??= this.#stop(chosen));
  }

  async #stop(options: Required<ServerStopOptions>): Promise<void> {
    this.onStop();
    this.crew.announceStop();
    if (options.noticeSeconds > 0) await setTimeout(options.noticeSeconds * 1000);
    this.door.shut();
    await this.crew.stop(options);
    this.door.close();
  }
}

/** What a server in one thread has, and this one can't have. */
for (const name of ['app', 'add', 'atmosphere', 'stream'] as const satisfies readonly (keyof Server)[])
  Object.defineProperty(ThreadedServer.prototype, name, {
    get() {
      throw new TypeError(
        `server.${name}: the services run in other threads; name them in \`services\`, or let a service add to its own app in onInit, which runs in each thread`,
      );
    },
  });

/** Where connections come in, before they are handed on. */
class Door {
  #socket: us_listen_socket | undefined;
  #port = 0;

  constructor(
    private readonly native: Native,
    private readonly acceptor: SharedApp,
  ) {}

  get port(): number {
    return this.#port;
  }

  async open(host: string | undefined, port: number): Promise<void> {
    this.#socket = await listen(this.native, this.acceptor, { host, port });
    this.#port = this.native.us_socket_local_port(this.#socket);
  }

  /** No new connections. */
  shut(): void {
    if (this.#socket) this.native.us_listen_socket_close(this.#socket);
    this.#socket = undefined;
  }

  close(): void {
    this.shut();
    this.acceptor.close();
  }
}

/** When all threads have just ended there is nobody who could serve. */
function refuseAll(acceptor: SharedApp): void {
  acceptor.any('/*', (res) => {
    res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1').end('', true);
  });
}
