import { isMainThread, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { App, Crossed, Logger } from '@ionosphere/core';
import { makeApp, makeHost } from '../assembly';
import type { Host } from '../host';
import type { ServeOptions } from '../serve-options';
import { bidFarewell, type ServerStopOptions } from '../server';
import { Crossing } from './crossing';
import { idOf } from './home';
import { Neighbours } from './neighbours';
import type { Enlistment, Order, Report } from './orders';
import { Endings, ThreadState, Turnstile } from './turnstile';

/** How long a thread that ends waits until no connection is handed to it any more, in milliseconds. */
const LEAVE_MILLIS = 5000;

/** What this thread was started with, if a server started it to run its services. */
export function enlistment(): Enlistment | undefined {
  const data = workerData as Partial<Enlistment> | null;
  return !isMainThread && data?.ionosphere === 'thread' ? (data as Enlistment) : undefined;
}

let enlisted = false;

/** Runs the services in this thread until the one that started it says that it is over. */
export async function enlist(options: ServeOptions, given: Enlistment): Promise<void> {
  if (enlisted) throw new Error('serve: a module that runs in several threads may call serve with `threads` once');
  enlisted = true;
  if (!parentPort) throw new Error('serve: a thread that has no parent can run no services');
  await new Member(parentPort, given).serve(options);
}

/** One of the threads that run the services. */
class Member {
  readonly #leader: MessagePort;
  readonly #given: Enlistment;
  readonly #endings: Endings;
  readonly #turnstile: Turnstile;
  readonly #crossing: Crossing;
  #app: App | undefined;
  #host: Host | undefined;
  #neighbours: Neighbours | undefined;

  constructor(leader: MessagePort, given: Enlistment) {
    this.#leader = leader;
    this.#given = given;
    this.#endings = new Endings(given.shared);
    this.#turnstile = new Turnstile(given.shared);
    this.#crossing = new Crossing({
      ...given,
      turnstile: this.#turnstile,
      wants: (id) => this.#app?.broadcasters.wants(id) === true,
      receive: (crossed) => this.#receive(crossed),
    });
  }

  get #logger(): Logger | undefined {
    return this.#app?.logger;
  }

  async serve(options: ServeOptions): Promise<void> {
    this.#tell({ is: 'called' });
    try {
      const app = await this.#start(options);
      const host = this.#open(app, options);
      this.#leader.on('message', (order: Order) => this.#obey(order));
      // What else the module does when it is run, and what it forgets to catch, ends the thread before it serves.
      await setImmediate();
      this.#tell({ is: 'serving', descriptor: host.descriptor });
    } catch (error) {
      this.#crossing.close();
      await this.#app?.stop({ deadlineSeconds: options.stopSeconds ?? 10 });
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      this.#tell({ is: 'failed', name, message });
      process.exit(1);
    }
  }

  async #start(options: ServeOptions): Promise<App> {
    const { thread } = this.#given;
    const siblings = { newId: () => idOf(thread), cross: this.#crossing.cross.bind(this.#crossing) };
    const app = (this.#app = await makeApp(options, siblings));
    await app.start();
    return app;
  }

  #open(app: App, options: ServeOptions): Host {
    const { thread, threads, ports } = this.#given;
    const { config, resources, logger } = app;
    const report = (cause: unknown): void => logger.error('What another thread said could not be done', { cause });
    const neighbours = (this.#neighbours = new Neighbours({ thread, threads, requests: config, resources, report }));
    const host = (this.#host = makeHost(app, options, neighbours));
    neighbours.serve(host);
    for (const [other, port] of ports) neighbours.join(other, port);
    // Whatever ends the thread: an app that is open would abort the process.
    process.on('exit', () => this.#leave());
    return host;
  }

  #receive(crossed: Crossed): void {
    const app = this.#app;
    if (!app) return;
    const { counters } = app;
    const counted = counters.messagesOut;
    try {
      app.broadcasters.receive(crossed);
    } catch (cause) {
      app.logger.error('What another thread broadcast could not be delivered', { cause });
    }
    // The thread that it comes from has counted it.
    counters.messagesOut = counted;
  }

  #obey(order: Order): void {
    switch (order.do) {
      case 'meet':
        return this.#neighbours?.join(order.thread, order.port);
      case 'lose':
        return this.#neighbours?.lose(order.thread);
      case 'announce':
        return this.#host?.announceStop();
      case 'stop':
        return void this.#stop(order.options);
      case 'close':
        return void this.#close(order.deadlineSeconds);
    }
  }

  async #stop({ deadlineSeconds, retryAfterSeconds }: Required<ServerStopOptions>): Promise<void> {
    const deadline = setTimeout(deadlineSeconds * 1000, undefined, { ref: false });
    try {
      await Promise.all([
        this.#app?.stop({ deadlineSeconds, retryAfterSeconds }),
        Promise.race([this.#host?.settled(), deadline]),
      ]);
    } catch (cause) {
      this.#logger?.error('Stopping failed', { cause });
    }
    // What was said to clients of other threads' connections goes before.
    this.#neighbours?.flush();
    this.#tell({ is: 'stopped' });
  }

  async #close(deadlineSeconds: number): Promise<void> {
    if (this.#host && !this.#endings.all) await bidFarewell(this.#host, deadlineSeconds);
    this.#host?.close();
    process.exit(0);
  }

  #leave(): void {
    const { thread } = this.#given;
    this.#turnstile.leave();
    this.#crossing.flush();
    if (!this.#endings.all) {
      this.#tell({ is: 'leaving' });
      this.#endings.leave(thread, ThreadState.Serving, LEAVE_MILLIS);
    }
    this.#host?.close();
    this.#endings.set(thread, ThreadState.Closed);
  }

  #tell(report: Report): void {
    this.#leader.postMessage(report);
  }
}
