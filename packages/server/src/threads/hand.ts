import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Worker, type MessagePort, type TransferListItem } from 'node:worker_threads';
import { DeclarationError } from '@ionosphere/core';
import type { AppDescriptor } from '../uws';
import { notCalled } from './entry';
import type { Enlistment, Order, Report } from './orders';

/** How long a module may take until it calls `serve`, in milliseconds. */
const CALL_MILLIS = 60_000;

/** What is done about a thread. */
export interface HandEvents {
  /** Connections may be handed to it. */
  serves(descriptor: AppDescriptor): void;
  /** No more connections may be handed to it. */
  leaves(descriptor: AppDescriptor): void;
  /** It has ended. */
  ended(cause: Error): void;
}

/** One thread, as the one that started it sees it. */
export class Hand {
  readonly #worker: Worker;
  readonly #events: HandEvents;
  readonly #module: string;
  #descriptor: AppDescriptor | undefined;
  #cause: unknown;
  #code: number | undefined;
  #hasCalled = false;
  #called: () => void = () => undefined;
  #told: (report: Report) => void = () => undefined;
  /** Resolves when it serves. Rejects when it does not. */
  readonly serving: Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  readonly over: Promise<void>;

  constructor(module: string, { ports, ...enlistment }: Enlistment, events: HandEvents) {
    this.#module = module;
    this.#events = events;
    this.#worker = new Worker(module, {
      workerData: { ...enlistment, ports } satisfies Enlistment,
      transferList: ports.map(([, port]) => port),
      argv: process.argv.slice(2),
      name: `ionosphere ${enlistment.thread}`,
    });
    this.#worker.on('message', (report: Report) => this.#hear(report));
    this.#worker.on('error', (cause: unknown) => (this.#cause ??= cause));
    this.over = new Promise((resolve) =>
      this.#worker.on('exit', (code) => {
        this.#code = code;
        resolve();
      }),
    );
    void this.over.then(() => this.#ended());
    this.serving = this.#awaitServing();
    this.serving.catch(() => undefined);
  }

  /** Whether it may have connections. */
  get serves(): boolean {
    return this.#descriptor !== undefined;
  }

  /** Tells it to do something, if it can still hear. */
  order(order: Order, transfer: readonly TransferListItem[] = []): void {
    this.#worker.postMessage(order, transfer);
  }

  meet(thread: number, port: MessagePort): void {
    this.order({ do: 'meet', thread, port }, [port]);
  }

  /** Resolves when it has told so, or has ended. */
  stopped(): Promise<void> {
    const told = new Promise<void>((resolve) => (this.#told = ({ is }) => is === 'stopped' && resolve()));
    return Promise.race([told, this.over]);
  }

  /** Ends it where it is. Must not be called once it serves: that would abort the process. */
  async abandon(): Promise<void> {
    if (!this.#descriptor) await this.#worker.terminate();
  }

  async #awaitServing(): Promise<void> {
    const late = new AbortController();
    this.#called = () => late.abort();
    const tooLate = setTimeout(CALL_MILLIS, undefined, { ref: false, signal: late.signal }).then(
      () => Promise.reject(notCalled(this.#module)),
      () => new Promise<never>(() => undefined),
    );
    const serving = new Promise<void>((resolve, reject) => {
      this.#told = (report) => {
        if (report.is === 'serving') resolve();
        else if (report.is === 'failed') reject(errorOf(report));
      };
    });
    const ended = this.over.then(() => {
      throw this.#reason;
    });
    try {
      await Promise.race([serving, ended, tooLate]);
    } finally {
      late.abort();
    }
  }

  #hear(report: Report): void {
    if (report.is === 'called') {
      this.#hasCalled = true;
      this.#called();
    }
    if (report.is === 'leaving') this.#release();
    else if (report.is === 'failed') this.#cause ??= errorOf(report);
    else if (report.is === 'serving') this.#events.serves((this.#descriptor = report.descriptor));
    this.#told(report);
  }

  #release(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) this.#events.leaves(descriptor);
  }

  #ended(): void {
    this.#release();
    this.#events.ended(this.#reason);
  }

  /** Why it has ended. */
  get #reason(): Error {
    if (this.#cause !== undefined) return this.#cause instanceof Error ? this.#cause : new Error(inspect(this.#cause));
    return this.#hasCalled ? new Error(`its code called process.exit, with ${this.#code}`) : notCalled(this.#module);
  }
}

function errorOf({ name, message }: Extract<Report, { is: 'failed' }>): Error {
  return name === 'DeclarationError' ? new DeclarationError(message) : new Error(message);
}
