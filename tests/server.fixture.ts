import {
  Logger,
  serve,
  type Failure,
  type LogFields,
  type Request,
  type Server,
  type ServeOptions,
} from '@ionosphere/server';
import { container } from 'tsyringe';
import { Journal } from './journal.fixture';
import { Happenings, services } from './services.fixture';

/** One line of the log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

class JournalLogger extends Logger {
  readonly lines = new Journal<LogLine>();

  debug(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'debug', message, fields });
  }

  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', message, fields });
  }
}

/** A real server with the services of the fixture, and what they were told. */
export class TestServer {
  readonly happenings = new Happenings();
  readonly log = new JournalLogger();
  /** Failures that reached the application's hook. */
  readonly hooked = new Journal<Failure>();
  /** Requests that connected: one per WebSocket, stream, and poll. */
  readonly connects = new Journal<Request>();
  #server: Server | undefined;

  static async start(options: Partial<ServeOptions> = {}): Promise<TestServer> {
    const started = new TestServer();
    started.#server = await serve({
      port: 0,
      host: '127.0.0.1',
      services,
      signals: [],
      logger: started.log,
      container: container.createChildContainer().registerInstance(Happenings, started.happenings),
      onError: (failure) => started.hooked.push(failure),
      ...options,
      interceptors: [
        {
          connect: (request, next) => {
            // Noted when the connection is attached, or answered.
            setImmediate(() => started.connects.push(request));
            return next(request);
          },
        },
        ...(options.interceptors ?? []),
      ],
    });
    return started;
  }

  get server(): Server {
    if (!this.#server) throw new Error('not started');
    return this.#server;
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  broadcast(path: string, ...messages: string[]): void {
    for (const message of messages) this.server.app.broadcasters.lookup(path).broadcast(message);
  }

  /** Waits until the only polling client of a path has a poll held: what its first request is answered with is no hold. */
  async pollHeld(path: string): Promise<void> {
    const held = (): boolean =>
      [...this.server.app.resources.all()].some(({ endpoint, state }) => endpoint.path === path && state === 'ready');
    await this.connects.until(held, `a poll is held at ${path}`);
  }

  stop(): Promise<void> {
    return this.server.stop({ deadlineSeconds: 1 });
  }
}
